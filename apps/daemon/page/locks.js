import { byId, el, fill } from "./dom.js";
import { milliseconds, unknown } from "./figures.js";

/** @typedef {import("../src/dashboard/documents/locks.ts").LocksDocument} Locks */

/** @param {Locks["waits"][number]} wait */
function row(wait) {
  const isFirst = wait.blockedBy.length === 0;
  return el(
    "tr",
    { "data-level": isFirst ? "warning" : null },
    el("th.number", { scope: "row" }, wait.pid),
    el(
      "td.wide",
      { "data-label": "waits for" },
      isFirst ? "nobody, holds the others up" : wait.blockedBy.join(", "),
    ),
    el("td.number", { "data-label": "for" }, milliseconds(wait.waitedMs)),
    el("td.wide", { "data-label": "lock" }, wait.waitsFor ?? unknown),
    el("td.number", { "data-label": "transaction" }, milliseconds(wait.transactionMs)),
    el(
      "td.wide",
      { "data-label": "application" },
      el("span", {}, wait.application, el("span.reason", {}, wait.state ?? "hidden")),
    ),
    el(
      "td.wide.long",
      { "data-label": "statement" },
      el("code", {}, (wait.statement ?? "hidden").replace(/\s+/g, " ").trim()),
    ),
  );
}

/** @param {Locks} locks */
export function showLocks({ waits, more }) {
  if (waits.length === 0) {
    fill(byId("locks-body"), el("p.nothing", {}, "Nobody waits for a lock."));
    return;
  }
  const titles = ["pid", "waits for", "for", "lock", "transaction", "application", "statement"];
  fill(
    byId("locks-body"),
    el(
      "table.figures",
      {},
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          ...titles.map((title) =>
            el(
              title === "for" || title === "transaction" || title === "pid" ? "th.number" : "th",
              { scope: "col" },
              title,
            ),
          ),
        ),
      ),
      el("tbody", {}, ...waits.map(row)),
    ),
    more > 0 ? el("p.nothing", {}, `and ${more} more: smith monitor locks`) : null,
  );
}
