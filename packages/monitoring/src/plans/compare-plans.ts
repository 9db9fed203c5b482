import { nodeLabel } from "./node-label.ts";
import { lineOf, type PlanLine } from "./plan-lines.ts";
import type { PlanNode, PlannedStatement } from "./planned-statement.ts";

/** A line of two plans held against each other: in both, in the earlier one alone, or in the later one alone. */
export interface ComparedLine extends PlanLine {
  readonly in: "both" | "before" | "after";
}

/**
 * Two plans as one tree: what both have stands once, with the numbers of the later one; what was taken away stands before
 * what came in its place.
 */
export function comparePlans(
  [{ Plan: before }]: PlannedStatement,
  [{ Plan: after }]: PlannedStatement,
): readonly ComparedLine[] {
  return compare(before, after, 0);
}

function compare(before: PlanNode, after: PlanNode, depth: number): readonly ComparedLine[] {
  const children = compareAll(before.Plans ?? [], after.Plans ?? [], depth + 1);
  if (nodeLabel(before) === nodeLabel(after)) return [{ ...lineOf(after, depth), in: "both" }, ...children];
  return [{ ...lineOf(before, depth), in: "before" }, { ...lineOf(after, depth), in: "after" }, ...children];
}

/** Those of the same name are held together, in their order; then what is left, one by one. */
function compareAll(
  before: readonly PlanNode[],
  after: readonly PlanNode[],
  depth: number,
): readonly ComparedLine[] {
  const lines: ComparedLine[] = [];
  let from = 0;
  let to = 0;
  for (const [at, until] of [...commonPairs(before, after), [before.length, after.length] as const]) {
    while (from < at && to < until)
      lines.push(...compare(before[from++] as PlanNode, after[to++] as PlanNode, depth));
    while (from < at) lines.push(...alone(before[from++] as PlanNode, depth, "before"));
    while (to < until) lines.push(...alone(after[to++] as PlanNode, depth, "after"));
    if (at < before.length)
      lines.push(...compare(before[from++] as PlanNode, after[to++] as PlanNode, depth));
  }
  return lines;
}

/** Pairs of children of the same name, in order in both; the first that come, for a node has few children. */
function commonPairs(
  before: readonly PlanNode[],
  after: readonly PlanNode[],
): readonly (readonly [number, number])[] {
  const pairs: [number, number][] = [];
  let next = 0;
  for (const [at, node] of before.entries()) {
    const found = after.findIndex((other, index) => index >= next && nodeLabel(other) === nodeLabel(node));
    if (found < 0) continue;
    pairs.push([at, found]);
    next = found + 1;
  }
  return pairs;
}

function alone(node: PlanNode, depth: number, where: "before" | "after"): readonly ComparedLine[] {
  return [
    { ...lineOf(node, depth), in: where },
    ...(node.Plans ?? []).flatMap((child) => alone(child, depth + 1, where)),
  ];
}
