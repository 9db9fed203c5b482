import { showAlerts } from "./alerts.js";
import { ask, tokenFromAddress, Unauthorised } from "./api.js";
import { showCharts } from "./charts.js";
import { byId } from "./dom.js";
import { showIndexes } from "./indexes.js";
import { showLocks } from "./locks.js";
import { showMeasurements } from "./measurements.js";
import { showOverview, showUnreachable } from "./overview.js";
import { poll, troubleIn } from "./polling.js";
import { showQueue } from "./queue.js";
import { signIn } from "./sign-in.js";
import { showStatements } from "./statements.js";

tokenFromAddress();

/** @param {string} name */
function chosen(name) {
  const field = document.querySelector(`input[name="${name}"]:checked`);
  return field instanceof HTMLInputElement ? field.value : "";
}

/**
 * @param {string} section
 * @param {number} everyMs
 * @param {() => Promise<void>} work
 */
function section(section, everyMs, work) {
  const body = document.getElementById(`${section}-body`) ?? byId("charts");
  const tell = troubleIn(byId(`${section}-trouble`), body);
  return poll(everyMs, work, (error) => {
    if (error instanceof Unauthorised) signIn();
    else tell(error);
  });
}

poll(
  5_000,
  async () => {
    const overview = await ask("overview");
    showOverview(overview);
    showQueue(overview.queue);
  },
  (error) => {
    if (error instanceof Unauthorised) signIn();
    else if (error !== null) showUnreachable(error);
  },
);

/** @type {any} */
let history;
/** @type {string | undefined} */
let over;
const drawTrends = section("trends", 10_000, async () => {
  const minutes = chosen("range");
  const isMore = history !== undefined && over === minutes;
  const given = await ask("history", {
    minutes,
    after: isMore ? (history.times.at(-1) ?? 0) - history.stepSeconds : 0,
  });
  history = isMore ? joined(history, given, Number(minutes)) : given;
  over = minutes;
  showCharts(history, Number(minutes));
});
byId("range").addEventListener("change", drawTrends);

/**
 * What was known, and what is new. The last step that was known is told again: it was not over.
 *
 * @param {any} before
 * @param {any} more
 * @param {number} minutes
 */
function joined(before, more, minutes) {
  const from = more.times[0] ?? Number.POSITIVE_INFINITY;
  const since = (more.times.at(-1) ?? 0) - minutes * 60;
  /** @type {number[]} */
  const times = before.times;
  const kept = times.map((time, at) => (time < from && time >= since ? at : -1)).filter((at) => at >= 0);
  return {
    ...more,
    times: [...kept.map((at) => times[at]), ...more.times],
    charts: more.charts.map((/** @type {any} */ chart, /** @type {number} */ at) => ({
      ...chart,
      series: chart.series.map((/** @type {any} */ series, /** @type {number} */ index) => ({
        ...series,
        values: [...kept.map((one) => before.charts[at].series[index].values[one]), ...series.values],
      })),
    })),
  };
}

section("alerts", 10_000, async () => showAlerts(await ask("alerts")));
const drawStatements = section("statements", 20_000, async () =>
  showStatements(await ask("statements", { by: chosen("by") })),
);
byId("slowest-by").addEventListener("change", drawStatements);
section("locks", 10_000, async () => showLocks(await ask("locks")));
section("indexes", 60_000, async () => showIndexes(await ask("indexes")));
section("measurements", 20_000, async () => showMeasurements(await ask("measurements")));
