import { nodeLabel } from "./node-label.ts";
import type { PlanNode, PlannedStatement } from "./planned-statement.ts";

/** A line of a plan. */
export interface PlanLine {
  readonly depth: number;
  readonly label: string;
  /** Costs and rows as PostgreSQL estimates them, or counted them where the statement was executed. */
  readonly numbers: string;
  /** By what it looks, sorts and leaves out. */
  readonly details: readonly string[];
}

const details = [
  "Subplan Name",
  "Index Cond",
  "Recheck Cond",
  "Hash Cond",
  "Merge Cond",
  "Join Filter",
  "Filter",
  "One-Time Filter",
  "Sort Key",
  "Presorted Key",
  "Group Key",
  "Conflict Resolution",
] as const;

/** The nodes of a plan, each below the one that asks it. */
export function planLines([{ Plan }]: PlannedStatement): readonly PlanLine[] {
  return linesOf(Plan, 0);
}

function linesOf(node: PlanNode, depth: number): readonly PlanLine[] {
  return [lineOf(node, depth), ...(node.Plans ?? []).flatMap((child) => linesOf(child, depth + 1))];
}

/** One node of a plan. */
export function lineOf(node: PlanNode, depth: number): PlanLine {
  return {
    depth,
    label: nodeLabel(node),
    numbers: numbersOf(node),
    details: details.flatMap((key) => {
      const value = node[key];
      if (typeof value === "string") return [`${key}: ${value}`];
      return Array.isArray(value) ? [`${key}: ${value.join(", ")}`] : [];
    }),
  };
}

/** A line as text, with its numbers: two blanks for each level, and its details below it. */
export function planLineText({ depth, label, numbers, details }: PlanLine): readonly string[] {
  const indent = "  ".repeat(depth);
  return [`${indent}${label}  ${numbers}`, ...details.map((detail) => `${indent}    ${detail}`)];
}

function numbersOf(node: PlanNode): string {
  const estimated = [number(node, "Total Cost", "cost "), number(node, "Plan Rows", "rows ")];
  const counted = [
    number(node, "Actual Rows", "rows "),
    number(node, "Actual Loops", "loops "),
    number(node, "Actual Total Time", "ms "),
  ];
  const parts = [inBrackets(estimated), inBrackets(counted, "actual ")];
  return parts.filter((part) => part !== "").join(" ");
}

function number(node: PlanNode, key: string, name: string): string {
  const value = node[key];
  return typeof value === "number" ? `${name}${value}` : "";
}

function inBrackets(parts: readonly string[], name = ""): string {
  const given = parts.filter((part) => part !== "");
  return given.length === 0 ? "" : `(${name}${given.join(", ")})`;
}
