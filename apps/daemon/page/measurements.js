import { byId, el, fill, keyed } from "./dom.js";
import { count } from "./figures.js";

/** @typedef {import("../src/dashboard/documents/measurements.ts").MeasurementsDocument} Measurements */
/** @typedef {Measurements["metrics"][number]} Metric */

const field = /** @type {HTMLInputElement} */ (byId("filter"));
/** @type {readonly Metric[]} */
let all = [];

field.addEventListener("input", show);

/** @param {number} value */
function number(value) {
  return Number.isInteger(value) ? value.toLocaleString("en") : String(Number(value.toPrecision(6)));
}

/** @param {Metric} metric */
function make(metric) {
  const body = el("div.series");
  const details = el(
    "details.metric",
    {},
    el("summary", {}, el("code", {}, metric.name), el("span.metric-help", {}, metric.help), el("b.number")),
    body,
  );
  details.addEventListener("toggle", show);
  return details;
}

/** @param {HTMLElement} element @param {Metric} metric */
function update(element, metric) {
  const [only] = metric.samples;
  const value = element.querySelector("b");
  const isOne = metric.samples.length === 1 && only !== undefined;
  if (value !== null)
    value.textContent = isOne ? number(only.value) : `${count(metric.samples.length + metric.more)} series`;
  const body = element.querySelector(".series");
  if (!element.hasAttribute("open") || body === null) return;
  fill(
    body,
    el(
      "table",
      {},
      el(
        "tbody",
        {},
        ...metric.samples.map((sample) =>
          el(
            "tr",
            {},
            el("th", { scope: "row" }, sample.labels === "" ? "no labels" : sample.labels),
            el("td.number", {}, number(sample.value)),
          ),
        ),
      ),
    ),
    metric.more > 0 ? el("p.nothing", {}, `and ${metric.more} more series: /metrics has them`) : null,
  );
}

function show() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = all.filter((metric) => {
    const text = `${metric.name} ${metric.help}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const body = byId("measurements-body");
  const list = body.querySelector(".metrics") ?? el("div.metrics", {});
  if (list.parentElement === null) fill(body, list, el("p.nothing"));
  keyed(list, found, (metric) => metric.name, make, update);
  const note = body.querySelector(":scope > .nothing");
  if (note !== null)
    note.textContent =
      found.length === 0 ? "No metric has these words." : `${found.length} of ${all.length} metrics`;
}

/** @param {Measurements} measurements */
export function showMeasurements({ metrics }) {
  all = [...metrics].sort((one, other) => (one.name < other.name ? -1 : 1));
  show();
}
