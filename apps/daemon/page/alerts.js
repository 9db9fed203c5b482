import { byId, el, fill } from "./dom.js";
import { unknown } from "./figures.js";
import { glyph } from "./glyph.js";
import { when } from "./times.js";

/** @typedef {import("../src/dashboard/documents/alerts.ts").AlertsDocument} Alerts */

const shownChanges = 30;

/** @param {number | null} value */
function number(value) {
  return value === null ? unknown : String(Number(value.toPrecision(4)));
}

/** @param {string} state @param {string | null} severity */
function levelOf(state, severity) {
  if (state === "firing") return severity === "warning" ? "warning" : "critical";
  if (state === "pending") return "warning";
  if (state === "error") return "critical";
  return state === "ok" ? "ok" : "unknown";
}

/** @param {string} state @param {string | null} severity */
function wordOf(state, severity) {
  return state === "firing" ? `firing, ${severity}` : state;
}

/** @param {string} metric */
function nameOf(metric) {
  return metric.replaceAll("_", " ");
}

/** @param {Alerts["alerts"][number]} alert */
function row(alert) {
  const { metric, state, severity, value, reason, warning, critical, direction, since } = alert;
  const level = levelOf(state, severity);
  const limits = [warning, critical]
    .filter((limit) => limit !== null)
    .map(number)
    .join(" / ");
  return el(
    "tr",
    { "data-level": level },
    el(
      "th",
      { scope: "row", title: metric },
      nameOf(metric),
      reason === null ? null : el("span.reason", {}, reason),
    ),
    el(
      "td",
      { "data-label": "state" },
      el("span.state", { "data-level": level }, glyph(level), el("span", {}, wordOf(state, severity))),
    ),
    el("td.number", { "data-label": "value" }, number(value)),
    el(
      "td.number",
      { "data-label": "limits" },
      limits === "" ? unknown : `${direction === "below" ? "≤" : "≥"} ${limits}`,
    ),
    el("td.number", { "data-label": "since" }, when(since)),
  );
}

/** @param {Alerts["changes"][number]} change */
function historyRow(change) {
  const level = levelOf(change.state, change.severity);
  const word = change.state === "ok" ? "over" : wordOf(change.state, change.severity);
  return el(
    "li",
    { "data-level": level },
    when(change.at),
    el("span.state", { "data-level": level }, glyph(level), el("span", {}, word)),
    el(
      "span.history-what",
      {},
      nameOf(change.metric),
      el("span.reason", {}, change.value === null ? change.reason : `at ${number(change.value)}`),
    ),
  );
}

/** @param {Alerts} alerts */
export function showAlerts({ alerts, changes }) {
  fill(
    byId("alerts-body"),
    el(
      "table.figures",
      {},
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          ...["metric", "state", "value", "warning / critical", "since"].map((title, at) =>
            el(at > 1 ? "th.number" : "th", { scope: "col" }, title),
          ),
        ),
      ),
      el("tbody", {}, ...alerts.map(row)),
    ),
  );
  fill(
    byId("history-body"),
    changes.length === 0
      ? el("p.nothing", {}, "No alert was told of yet.")
      : el(
          "ol.history",
          { tabindex: 0, "aria-label": "What became of alerts, the latest first" },
          ...changes.slice(0, shownChanges).map(historyRow),
        ),
  );
}
