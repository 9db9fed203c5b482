import type { Node, ParamRef, SelectStmt } from "libpg-query";
import type { TextEdit } from "./edit-text.ts";
import { partsOf } from "./parts-of.ts";
import type { ReadableStatement } from "./readable-statement.ts";

/**
 * `SELECT date_trunc('day', at) … GROUP BY date_trunc('day', at)` is kept with `$1` here and `$2` there, and is then no grouped
 * expression any more: gives both the same number. So do DISTINCT and its ORDER BY. Where several expressions differ in their
 * literals alone, the first is taken for the first, the second for the second.
 */
export function groupedParameters({ tree }: ReadableStatement): readonly TextEdit[] {
  const numbers = new Map<ParamRef, number>();
  for (const select of partsOf(tree, "SelectStmt")) {
    same(numbers, members(select.groupClause), [
      [select.targetList],
      [select.havingClause],
      [select.sortClause],
    ]);
    const isOn = select.distinctClause?.some((node) => Object.keys(node).length > 0) === true;
    if (select.distinctClause !== undefined)
      same(numbers, isOn ? select.distinctClause : outputs(select), [[select.sortClause]]);
  }
  return renumbered(partsOf(tree, "ParamRef"), numbers);
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

function same(
  numbers: Map<ParamRef, number>,
  expressions: readonly Node[],
  places: readonly (readonly unknown[])[],
): void {
  const byShape = Map.groupBy(
    expressions.filter((node) => partsOf(node, "ParamRef").length > 0),
    shapeOf,
  );
  if (byShape.size === 0) return;
  for (const place of places) {
    const seen = new Map<string, number>();
    for (const found of within(place, byShape)) {
      const shape = shapeOf(found);
      const alike = byShape.get(shape) ?? [];
      const count = seen.get(shape) ?? 0;
      seen.set(shape, count + 1);
      const meant = partsOf(alike[count % alike.length], "ParamRef");
      for (const [at, parameter] of partsOf(found, "ParamRef").entries()) {
        const { number } = meant[at] ?? parameter;
        if (number !== undefined) numbers.set(parameter, number);
      }
    }
  }
}

/** Whatever of a tree has one of the shapes, but for what is in a query of its own. */
function within(tree: unknown, shapes: ReadonlyMap<string, unknown>): readonly object[] {
  if (typeof tree !== "object" || tree === null || "SelectStmt" in tree) return [];
  if (!Array.isArray(tree) && shapes.has(shapeOf(tree))) return [tree];
  return Object.values(tree).flatMap((child) => within(child, shapes));
}

/** What is the same of two expressions that differ in their parameters alone. */
function shapeOf(tree: unknown): string {
  return JSON.stringify(tree, (key, value) =>
    key === "ParamRef" ? "$" : key === "location" || key.startsWith("rexpr_list") ? undefined : value,
  );
}

// Without gaps: PostgreSQL wants to know a type of every number below the highest.
function renumbered(parameters: readonly ParamRef[], numbers: ReadonlyMap<ParamRef, number>): TextEdit[] {
  if (numbers.size === 0) return [];
  const meant = (parameter: ParamRef) => numbers.get(parameter) ?? parameter.number ?? 0;
  const used = [...new Set(parameters.map(meant))].toSorted((a, b) => a - b);
  return parameters.map((parameter) => {
    const { number = 0, location = 0 } = parameter;
    return {
      start: location,
      end: location + `$${number}`.length,
      text: `$${used.indexOf(meant(parameter)) + 1}`,
    };
  });
}
