import { byId, el, fill } from "./dom.js";
import { count, seconds } from "./figures.js";

/** @typedef {import("../src/dashboard/documents/overview-document.ts").OverviewDocument} Overview */

const columns = /** @type {const} */ (["ready", "running", "delayed", "dead"]);
const shownTypes = 12;

/** @param {Overview["queue"]} queue */
export function showQueue(queue) {
  const body = byId("queue-body");
  if (queue === null) {
    fill(body, el("p.nothing", {}, "Not known: nobody measures the queue now."));
    return;
  }
  const sums = el(
    "dl.sums",
    {},
    ...columns.map((name) =>
      el(
        "div",
        { "data-level": name === "dead" && queue.dead > 0 ? "warning" : null },
        el("dt", {}, name),
        el("dd", {}, count(queue[name])),
      ),
    ),
    el(
      "div",
      {},
      el("dt", {}, "oldest ready"),
      el("dd", {}, queue.ready === 0 ? "–" : seconds(queue.oldestReadySeconds)),
    ),
  );
  if (queue.types.length === 0) {
    fill(body, sums, el("p.nothing", {}, "There are no tasks."));
    return;
  }
  const rows = queue.types
    .slice(0, shownTypes)
    .map((type) =>
      el(
        "tr",
        {},
        el("th.code", { scope: "row" }, type.type),
        ...columns.map((name) => el("td.number", { "data-label": name }, count(type[name]))),
        el(
          "td.number",
          { "data-label": "oldest ready" },
          type.ready === 0 ? "–" : seconds(type.oldestReadySeconds),
        ),
      ),
    );
  const more = queue.types.length - rows.length;
  fill(
    body,
    sums,
    el(
      "table.figures",
      {},
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          el("th", { scope: "col" }, "type"),
          ...columns.map((name) => el("th.number", { scope: "col" }, name)),
          el("th.number", { scope: "col" }, "oldest ready"),
        ),
      ),
      el("tbody", {}, ...rows),
    ),
    more > 0 ? el("p.nothing", {}, `and ${more} more types: smith tasks backlog`) : null,
  );
}
