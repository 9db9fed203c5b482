import { el } from "./dom.js";
import { count } from "./figures.js";

/** @typedef {import("../src/dashboard/documents/plan-tree.ts").PlanNode} PlanNode */

/** @param {PlanNode} node @param {number} whole @returns {HTMLElement} */
function branch(node, whole) {
  const share = whole > 0 ? Math.min(100, (node.ownCost * 100) / whole) : 0;
  const bar = el("i");
  bar.style.inlineSize = `${share}%`;
  const estimated = Math.round(node.rows);
  const rows = `${count(estimated)} ${estimated === 1 ? "row" : "rows"}`;
  return el(
    "li",
    {},
    el(
      "div.plan-node",
      { "data-hot": share >= 30 },
      el(
        "p.plan-kind",
        {},
        el("b", {}, node.kind),
        node.on === null ? null : el("code", {}, node.on),
        node.role === null ? null : el("span.quiet", {}, node.role),
      ),
      el(
        "p.plan-cost",
        {},
        share < 0.5 ? null : el("span.bar", { "aria-hidden": true }, bar),
        share < 0.5 ? rows : `${Math.round(share)} % of the cost · ${rows}`,
      ),
      ...node.details.map(({ name, text }) =>
        el("p.plan-detail", {}, el("span", {}, name), el("code", {}, text)),
      ),
    ),
    node.below.length === 0 ? null : el("ul", {}, ...node.below.map((one) => branch(one, whole))),
  );
}

/**
 * A plan as a tree, with what share of the whole each node costs by itself.
 *
 * @param {PlanNode | null} root
 */
export function planTree(root) {
  if (root === null)
    return el("p.nothing", {}, "The plan is too large to be shown here: smith monitor plans shows it.");
  return el("ul.plan", { "aria-label": "Plan" }, branch(root, root.cost));
}
