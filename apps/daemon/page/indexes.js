import { byId, el, fill } from "./dom.js";
import { when } from "./times.js";

/** @typedef {import("../src/dashboard/documents/indexes.ts").IndexesDocument} Indexes */

/** @param {NonNullable<Indexes["advice"]>[number]} advice */
function card(advice) {
  return el(
    "details.advice",
    {},
    el(
      "summary",
      {},
      el("code", {}, `${advice.table} (${advice.columns.join(", ")})`),
      el("span.tag", {}, advice.status),
      el("span.advice-why", {}, advice.reason),
    ),
    el(
      "dl.evidence",
      {},
      el("div", {}, el("dt", {}, "benefit"), el("dd", {}, advice.benefit)),
      el("div", {}, el("dt", {}, "since"), el("dd", {}, when(advice.createdAt))),
      ...advice.evidence.map(({ name, text }) => el("div", {}, el("dt", {}, name), el("dd", {}, text))),
    ),
  );
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
