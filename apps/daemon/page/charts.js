import uPlot from "/page/uplot.js";
import { byId, el, fill, keyed } from "./dom.js";
import { byUnit, unknown } from "./figures.js";
import { clock } from "./times.js";

/** @typedef {import("../src/dashboard/documents/history.ts").HistoryDocument} History */
/** @typedef {History["charts"][number]} Chart */
/** @typedef {{ plot: uPlot | undefined, data: uPlot.AlignedData, chart: Chart, minutes: number, cursor: number | null }} Drawn */

const tableRows = 12;
const wholeSteps = Array.from({ length: 12 }, (_, power) =>
  [1, 2, 5].map((step) => step * 10 ** power),
).flat();
/** @type {Map<string, Drawn>} */
const drawn = new Map();
const dark = matchMedia("(prefers-color-scheme: dark)");

/** @param {string} name */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** @param {Chart} chart */
function makeCard(chart) {
  const about = `about-${chart.id}`;
  return el(
    "article.chart",
    { "aria-labelledby": `title-${chart.id}`, "aria-describedby": about },
    el(
      "header",
      {},
      el("h3", { id: `title-${chart.id}` }, chart.title),
      el(
        "p.unseen",
        { id: about },
        `${chart.about}. Drawn of ${chart.series.flatMap(({ metrics }) => metrics).join(", ")}.`,
      ),
    ),
    el(
      "ul.legend",
      {},
      ...chart.series.map((series, index) =>
        el(
          "li",
          { "data-line": series.isLimit ? "limit" : index + 1, title: series.metrics.join(", ") },
          el("i.swatch"),
          el("span", {}, series.label),
          " ",
          el("b", {}, unknown),
        ),
      ),
    ),
    el("div.plot", { "aria-hidden": true }),
    el("p.no-values", { hidden: true }, "No values over this time."),
    el("details.values", {}, el("summary", {}, "Values"), el("div.values-body")),
  );
}

/** @param {HTMLElement} card @param {Drawn} state */
function showLegend(card, state) {
  const format = byUnit[state.chart.unit] ?? String;
  const { cursor, data } = state;
  for (const [index, item] of [...card.querySelectorAll(".legend b")].entries()) {
    const values = /** @type {(number | null)[]} */ (data[index + 1] ?? []);
    const value = cursor === null ? (values.at(-1) ?? null) : (values[cursor] ?? null);
    item.textContent = format(value);
  }
}

/** @param {HTMLElement} card @param {Drawn} state */
function showTable(card, state) {
  const details = card.querySelector("details");
  const body = card.querySelector(".values-body");
  if (details?.open !== true || body === null) return;
  const { chart, data } = state;
  const format = byUnit[chart.unit] ?? String;
  const [times] = data;
  const every = Math.max(1, Math.floor(times.length / tableRows));
  const shown = [...times.keys()].filter((at) => (times.length - 1 - at) % every === 0).reverse();
  fill(
    body,
    el(
      "table",
      {},
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          el("th", { scope: "col" }, "at"),
          ...chart.series.map(({ label }) => el("th", { scope: "col" }, label)),
        ),
      ),
      el(
        "tbody",
        {},
        ...shown.map((at) =>
          el(
            "tr",
            {},
            el("th", { scope: "row" }, clock(new Date((times[at] ?? 0) * 1_000))),
            ...chart.series.map((_, index) => el("td", {}, format(data[index + 1]?.[at] ?? null))),
          ),
        ),
      ),
    ),
  );
}

/** @param {HTMLElement} place @param {HTMLElement} card @param {Drawn} state */
function draw(place, card, state) {
  state.plot?.destroy();
  const { chart } = state;
  const format = byUnit[chart.unit] ?? String;
  const ink = colour("--quiet");
  const grid = { stroke: colour("--grid"), width: 1 };
  const font = "11px system-ui, sans-serif";
  state.plot = new uPlot(
    {
      width: Math.max(200, place.clientWidth),
      height: 132,
      legend: { show: false },
      cursor: {
        y: false,
        points: { size: 6 },
        drag: { x: false, y: false },
        sync: { key: "time" },
      },
      scales: {
        x: { time: true, range: () => rangeOf(state) },
        y: { range: (_, low, high) => heightOf(chart, low, high) },
      },
      axes: [
        {
          stroke: ink,
          grid: { show: false },
          ticks: { show: false },
          font,
          size: 22,
          gap: 4,
          space: 64,
          values: (_, splits) => splits.map(axisTime),
        },
        {
          stroke: ink,
          grid,
          ticks: { show: false },
          font,
          size: 58,
          gap: 6,
          space: 34,
          ...(chart.unit === "count" ? { incrs: wholeSteps } : {}),
          values: (_, splits) =>
            splits.map((value) => (value === null ? "" : format(Number(value.toPrecision(6))))),
        },
      ],
      series: [
        {},
        ...chart.series.map((series, index) => ({
          label: series.label,
          stroke: colour(series.isLimit ? "--limit" : `--line-${index + 1}`),
          width: series.isLimit ? 1 : 1.6,
          ...(series.isLimit ? { dash: [4, 4] } : {}),
          points: { show: false },
          ...(index === 0 && !series.isLimit ? { fill: colour("--line-1-fill") } : {}),
        })),
      ],
      hooks: {
        setCursor: [
          (plot) => {
            state.cursor = plot.cursor.idx ?? null;
            showLegend(card, state);
          },
        ],
      },
    },
    state.data,
    place,
  );
}

/** @param {Drawn} state @returns {[number, number]} */
function rangeOf({ data, minutes }) {
  const [times] = data;
  const last = times.at(-1) ?? Date.now() / 1_000;
  // What was measured for a short time only has the whole width, from five minutes on.
  const first = Math.min(times[0] ?? last, last - 300);
  return [Math.max(first, last - minutes * 60), last];
}

/** @param {Chart} chart @param {number | null} low @param {number | null} high @returns {[number, number]} */
function heightOf(chart, low, high) {
  if (chart.unit === "percent") return [Math.max(0, Math.min(90, Math.floor(low ?? 90))), 100];
  const least = chart.unit === "seconds" ? 0.05 : chart.unit === "count" ? 4 : 1;
  return [0, Math.max(least, (high ?? 0) * 1.12)];
}

/** @param {number} seconds */
function axisTime(seconds) {
  return new Date(seconds * 1_000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

const sizes = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    const state = drawn.get(target.closest(".chart")?.getAttribute("data-key") ?? "");
    if (state?.plot !== undefined && contentRect.width > 0)
      state.plot.setSize({ width: Math.floor(contentRect.width), height: 132 });
  }
});

dark.addEventListener("change", () => {
  for (const [id, state] of drawn) {
    const card = byId("charts").querySelector(`[data-key="${id}"]`);
    const place = card?.querySelector(".plot");
    if (card instanceof HTMLElement && place instanceof HTMLElement) draw(place, card, state);
  }
});

/** @param {HTMLElement} card @param {Chart} chart @param {readonly number[]} times @param {number} minutes */
function update(card, chart, times, minutes) {
  const place = /** @type {HTMLElement} */ (card.querySelector(".plot"));
  const data = /** @type {uPlot.AlignedData} */ ([times, ...chart.series.map(({ values }) => values)]);
  let state = drawn.get(chart.id);
  if (state === undefined) {
    const made = { plot: undefined, data, chart, minutes, cursor: null };
    state = made;
    drawn.set(chart.id, made);
    draw(place, card, made);
    sizes.observe(place);
    card.querySelector("details")?.addEventListener("toggle", () => showTable(card, made));
  }
  Object.assign(state, { data, chart, minutes });
  state.plot?.setData(data);
  const isEmpty = chart.series.every(
    ({ values, isLimit }) => isLimit || values.every((value) => value === null),
  );
  card.classList.toggle("empty", isEmpty);
  const note = card.querySelector(".no-values");
  if (note instanceof HTMLElement) note.hidden = !isEmpty;
  showLegend(card, state);
  showTable(card, state);
}

/** @param {History} history @param {number} minutes */
export function showCharts(history, minutes) {
  const { charts, times } = history;
  keyed(byId("charts"), charts, ({ id }) => id, makeCard);
  for (const chart of charts) {
    const card = byId("charts").querySelector(`[data-key="${chart.id}"]`);
    if (card instanceof HTMLElement) update(card, chart, times, minutes);
  }
}
