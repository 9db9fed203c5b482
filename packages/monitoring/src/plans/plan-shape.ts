import { createHash } from "node:crypto";
import { nodeLabel, word } from "./node-label.ts";
import type { PlanNode, PlannedStatement } from "./planned-statement.ts";

/**
 * A name for how a plan goes about it: the same for plans of the same nodes on the same tables and indexes in the same
 * order, whatever their costs are. Partitions that are read alike count as one, for there is another one every day.
 */
export function planShape([{ Plan }]: PlannedStatement): string {
  return createHash("sha256").update(shapeOf(Plan, nodeLabel)).digest("hex").slice(0, 32);
}

function shapeOf(node: PlanNode, label: (node: PlanNode) => string): string {
  const isOfParts = node["Node Type"] === "Append" || node["Node Type"] === "Merge Append";
  const parts = (node.Plans ?? []).map((child) => shapeOf(child, isOfParts ? kindAlone : label));
  const children = isOfParts ? [...new Set(parts)] : parts;
  return `${label(node)} ${word(node, "Parent Relationship")} (${children.join(", ")})`;
}

/** Without the names, which are those of partitions. */
function kindAlone(node: PlanNode): string {
  return `${node["Node Type"]} ${word(node, "Join Type")} ${word(node, "Strategy")}`;
}
