import { byId, el, fill } from "./dom.js";
import { bytes, count } from "./figures.js";
import { when } from "./times.js";

/** @typedef {import("../src/dashboard/documents/indexes.ts").IndexesDocument} Indexes */
/** @typedef {NonNullable<Indexes["advice"]>[number]} Advice */

/** @param {Advice} advice */
function gain({ costBefore, costAfter }) {
  if (costBefore === null || costAfter === null || costBefore === 0) return null;
  const share = Math.round(((costBefore - costAfter) * 100) / costBefore);
  return el("b.number", {}, `${share} % less cost`);
}

/** @param {Advice} advice */
function card(advice) {
  const validated =
    advice.isValidated === null ? null : advice.isValidated ? "asked the planner" : "not validated";
  return el(
    "details.advice",
    {},
    el(
      "summary",
      {},
      el("code", {}, `${advice.table} (${advice.columns.join(", ")})`),
      el(
        "span.advice-figures",
        {},
        gain(advice),
        el("span.tag", {}, advice.status),
        validated === null ? null : el("span.tag", {}, validated),
      ),
      el("span.advice-why", {}, advice.reason),
    ),
    advice.definition === null ? null : el("pre", { tabindex: 0 }, el("code", {}, advice.definition)),
    el(
      "dl.evidence",
      {},
      evidence("benefit", advice.benefit),
      evidence("since", when(advice.createdAt)),
      advice.costBefore === null
        ? null
        : evidence("cost", `${count(advice.costBefore)} without, ${count(advice.costAfter)} with it`),
      advice.sizeBytes === null ? null : evidence("size", bytes(advice.sizeBytes)),
      ...advice.evidence.map(({ name, text }) => evidence(name, text)),
    ),
  );
}

/** @param {string} name @param {string | Node} value */
function evidence(name, value) {
  return el("div", {}, el("dt", {}, name), el("dd", {}, value));
}

/** @type {string | undefined} */
let shown;

/** @param {Indexes} indexes */
export function showIndexes({ advice }) {
  byId("indexes").hidden = advice === null;
  byId("indexes-link").hidden = advice === null;
  // What is open stays open while nothing is new.
  const now = JSON.stringify(advice);
  if (advice === null || now === shown) return;
  shown = now;
  fill(
    byId("indexes-body"),
    ...(advice.length === 0 ? [el("p.nothing", {}, "No index is advised.")] : advice.map(card)),
  );
}
