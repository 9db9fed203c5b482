import type { Node, SelectStmt } from "libpg-query";
import type { TextEdit } from "./edit-text.ts";
import { partsOf } from "./parts-of.ts";
import type { ReadableStatement } from "./readable-statement.ts";

/** A literal or a parameter: what may differ between two expressions that were written alike. */
interface Leaf {
  /** The number of a parameter; null for a literal. */
  readonly number: number | null;
  readonly start: number;
}

/**
 * `SELECT date_trunc('day', at) … GROUP BY date_trunc('day', at)` is kept as `SELECT date_trunc($1, at) … GROUP BY
 * date_trunc('day', at)`, or with `$2` there, and is then no grouped expression any more: makes both the same again. So are
 * DISTINCT and its ORDER BY. Where several expressions differ in their literals alone, the first is taken for the first, the
 * second for the second.
 */
export function groupedParameters(statement: ReadableStatement): readonly TextEdit[] {
  const meant = new Map<number, Leaf>();
  for (const select of partsOf(statement.tree, "SelectStmt")) {
    const { groupClause, distinctClause, targetList, havingClause, sortClause } = select;
    for (const place of [targetList, havingClause, sortClause]) pair(meant, members(groupClause), place);
    if (distinctClause === undefined) continue;
    const isOn = distinctClause.some((node) => Object.keys(node).length > 0);
    pair(meant, isOn ? distinctClause : outputs(select), sortClause);
  }
  return meant.size === 0 ? [] : edits(statement, meant);
}

function members(nodes: readonly Node[] = []): readonly Node[] {
  return nodes.flatMap((node) =>
    "GroupingSet" in node
      ? members(node.GroupingSet.content)
      : "RowExpr" in node
        ? members(node.RowExpr.args)
        : [node],
  );
}

function outputs({ targetList = [] }: SelectStmt): readonly Node[] {
  return targetList.flatMap((node) =>
    "ResTarget" in node && node.ResTarget.val !== undefined ? [node.ResTarget.val] : [],
  );
}

function pair(meant: Map<number, Leaf>, expressions: readonly Node[], place: unknown): void {
  const byShape = Map.groupBy(
    // One alone is the number of a column, in GROUP BY 1.
    expressions.filter((node) => leavesOf(node).length > 0 && !isLeaf(node)),
    shapeOf,
  );
  if (byShape.size === 0) return;
  const seen = new Map<string, number>();
  for (const found of within(place, byShape)) {
    const shape = shapeOf(found);
    const alike = byShape.get(shape) ?? [];
    const count = seen.get(shape) ?? 0;
    seen.set(shape, count + 1);
    const leaves = leavesOf(alike[count % alike.length]);
    for (const [at, leaf] of leavesOf(found).entries()) {
      const other = leaves[at];
      if (other !== undefined && (leaf.number !== null || other.number !== null))
        meant.set(leaf.start, other);
    }
  }
}

/** Whatever of a tree has one of the shapes, but for what is in a query of its own. */
function within(tree: unknown, shapes: ReadonlyMap<string, unknown>): readonly object[] {
  if (typeof tree !== "object" || tree === null || "SelectStmt" in tree) return [];
  if (!Array.isArray(tree) && shapes.has(shapeOf(tree))) return [tree];
  return Object.values(tree).flatMap((child) => within(child, shapes));
}

/** What is the same of two expressions that differ in literals and parameters alone. */
function shapeOf(tree: unknown): string {
  return JSON.stringify(tree, (key, value) => {
    if (key === "location" || key.startsWith("rexpr_list")) return undefined;
    return typeof value === "object" && value !== null && ("ParamRef" in value || "A_Const" in value)
      ? "$"
      : value;
  });
}

function isLeaf(node: Node): boolean {
  return "A_Const" in node || "ParamRef" in node;
}

function leavesOf(tree: unknown): readonly Leaf[] {
  if (typeof tree !== "object" || tree === null) return [];
  if ("ParamRef" in tree) return [leafOf(tree.ParamRef, true)];
  if ("A_Const" in tree) return [leafOf(tree.A_Const, false)];
  return Object.values(tree).flatMap(leavesOf);
}

function leafOf(leaf: unknown, isParameter: boolean): Leaf {
  const { number = 0, location = 0 } = leaf as { readonly number?: number; readonly location?: number };
  return { number: isParameter ? number : null, start: location };
}

// Numbers are without gaps: PostgreSQL wants to know a type of every number below the highest.
function edits({ tree, tokens, bytes }: ReadableStatement, meant: ReadonlyMap<number, Leaf>): TextEdit[] {
  const leaves = leavesOf(tree).filter(({ number, start }) => number !== null || meant.has(start));
  const numbers = leaves.map(({ number, start }) => (meant.has(start) ? meant.get(start)?.number : number));
  const used = [...new Set(numbers.filter((number) => typeof number === "number"))].toSorted((a, b) => a - b);
  return leaves.map((leaf, index) => {
    const number = numbers[index];
    const text =
      typeof number === "number"
        ? `$${used.indexOf(number) + 1}`
        : bytes.subarray(meant.get(leaf.start)?.start, endOf(meant.get(leaf.start) ?? leaf)).toString();
    return { start: leaf.start, end: endOf(leaf), text };
  });

  function endOf({ start }: Leaf): number {
    const first = tokens.findIndex((token) => token.start === start);
    const token = tokens[first]?.text === "-" ? tokens[first + 1] : tokens[first];
    return token?.end ?? start;
  }
}
