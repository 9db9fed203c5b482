import type { A_Expr, Node } from "libpg-query";
import type { CatalogueColumn } from "../catalogue.ts";
import { type FoundKey, keyOf, relationsIn } from "./key-of.ts";
import { predicateOf } from "./predicate-of.ts";
import { findColumn, type Relation, type Scope } from "./scope.ts";
import { stringValues } from "./string-values.ts";

/** Where a condition stands: what its names mean, and which functions are immutable. */
export interface ConditionPlace {
  readonly scope: Scope;
  readonly immutable: ReadonlySet<string>;
  /** Takes one of several conditions of which any may hold, for which each needs an index of its own. */
  readonly alternative: (arm: Node) => void;
}

const ranges: ReadonlySet<string> = new Set(["<", "<=", ">", ">="]);
const lookUps: ReadonlySet<string> = new Set(["@>", "<@", "?", "?|", "?&", "&&", "@?", "@@"]);

/** Notes at the relations of a scope what a condition asks of their columns. */
export function readCondition(place: ConditionPlace, node: Node): void {
  if ("BoolExpr" in node) readBool(place, node);
  else if ("A_Expr" in node) readExpression(place, node, node.A_Expr);
  else if ("NullTest" in node) readNullTest(place, node);
  else if ("ColumnRef" in node) readBoolean(place, node, node);
  else if ("BooleanTest" in node && node.BooleanTest.arg !== undefined)
    readBoolean(place, node.BooleanTest.arg, node);
  else if (
    "SubLink" in node &&
    node.SubLink.subLinkType === "ANY_SUBLINK" &&
    isEquality(node.SubLink.operName)
  ) {
    const found = node.SubLink.testexpr && keyOf(place.scope, place.immutable, node.SubLink.testexpr);
    if (found) found.relation.equal.set(found.key.canonical, { ...found.key, to: "column" });
  }
}

// Of IN (SELECT …) no operator is noted.
const isEquality = (name: readonly Node[] | undefined) =>
  name === undefined || stringValues(name).at(-1) === "=";

function readBool(place: ConditionPlace, node: Node): void {
  if (!("BoolExpr" in node)) return;
  const { boolop, args = [] } = node.BoolExpr;
  if (boolop === "AND_EXPR") for (const arm of args) readCondition(place, arm);
  if (boolop === "OR_EXPR") for (const arm of args) place.alternative(arm);
  const [negated] = args;
  if (boolop === "NOT_EXPR" && negated !== undefined) readBoolean(place, negated, node);
}

function readExpression(place: ConditionPlace, node: Node, { kind, name, lexpr, rexpr }: A_Expr): void {
  const operator = stringValues(name).at(-1) ?? "";
  if (lexpr === undefined || rexpr === undefined) return;
  const both: [Node, Node][] = [
    [lexpr, rexpr],
    [rexpr, lexpr],
  ];
  if (kind === "AEXPR_OP" && operator === "=")
    for (const [one, other] of both) readEquality(place, node, one, other);
  if (kind === "AEXPR_OP" && ranges.has(operator))
    for (const [one, other] of both) readRange(place, one, other);
  if (kind === "AEXPR_OP" && lookUps.has(operator)) readContained(place, lexpr, rexpr, operator);
  if (kind === "AEXPR_BETWEEN" || kind === "AEXPR_BETWEEN_SYM") readRange(place, lexpr, rexpr);
  if ((kind === "AEXPR_IN" || kind === "AEXPR_OP_ANY") && operator === "=")
    readSeveral(place, node, lexpr, rexpr);
}

function foundKey({ scope, immutable }: ConditionPlace, one: Node, other: Node): FoundKey | null {
  const found = keyOf(scope, immutable, one);
  return found === null || relationsIn(scope, other).has(found.relation) ? null : found;
}

function readEquality(place: ConditionPlace, node: Node, one: Node, other: Node): void {
  const found = foundKey(place, one, other);
  if (found === null) return;
  const { relation, key } = found;
  const to = relationsIn(place.scope, other).size > 0 ? "column" : "one";
  relation.equal.set(key.canonical, { ...key, to });
  if (isLiteral(other)) notePredicate(relation, node, key.isColumn ? key.columns[0] : undefined, 1);
}

function readSeveral(place: ConditionPlace, node: Node, one: Node, others: Node): void {
  const found = foundKey(place, one, others);
  if (found === null) return;
  const { relation, key } = found;
  if (!relation.equal.has(key.canonical)) relation.equal.set(key.canonical, { ...key, to: "several" });
  const values = "List" in others ? (others.List.items ?? []) : [];
  if (values.length > 0 && values.every(isLiteral))
    notePredicate(relation, node, key.isColumn ? key.columns[0] : undefined, values.length);
}

function readRange(place: ConditionPlace, one: Node, other: Node): void {
  const found = foundKey(place, one, other);
  if (found !== null) found.relation.range.set(found.key.canonical, found.key);
}

function readContained(place: ConditionPlace, one: Node, other: Node, operator: string): void {
  const found = foundKey(place, one, other);
  // What GIN can look into is known of columns; of an expression only where that is a text's words.
  if (found === null) return;
  if (!found.key.isColumn && operator !== "@@") return;
  found.relation.contained.set(found.key.canonical, { ...found.key, operator });
}

function readNullTest({ scope, immutable }: ConditionPlace, node: Node): void {
  if (!("NullTest" in node) || node.NullTest.arg === undefined) return;
  const found = keyOf(scope, immutable, node.NullTest.arg);
  const [column] = found?.key.columns ?? [];
  if (found === null || column === undefined || !found.key.isColumn) return;
  const isNull = node.NullTest.nulltesttype === "IS_NULL";
  const { nullFraction } = column;
  const share = nullFraction === null ? null : isNull ? nullFraction : 1 - nullFraction;
  const predicate = predicateOf(node, column, share);
  found.relation.predicates.set(predicate.canonical, predicate);
  if (isNull) found.relation.equal.set(found.key.canonical, { ...found.key, to: "one" });
}

function readBoolean({ scope }: ConditionPlace, node: Node, whole: Node): void {
  const found = "ColumnRef" in node ? findColumn(scope, node.ColumnRef) : null;
  if (found === null || !found.column.isBoolean) return;
  const predicate = predicateOf(whole, found.column, null);
  found.relation.predicates.set(predicate.canonical, predicate);
}

function notePredicate(
  relation: Relation,
  node: Node,
  column: CatalogueColumn | undefined,
  values: number,
): void {
  // One of many values is asked for today, and another one tomorrow.
  if (column === undefined || column.distinct === null || column.distinct > mostDistinct) return;
  const share = Math.min(1, values / Math.max(column.distinct, 1));
  const predicate = predicateOf(node, column, share);
  relation.predicates.set(predicate.canonical, predicate);
}

/** A column with no more values than that says what a row is: its status, its kind. */
const mostDistinct = 32;

function isLiteral(node: Node): boolean {
  if ("TypeCast" in node && node.TypeCast.arg !== undefined) return isLiteral(node.TypeCast.arg);
  return "A_Const" in node;
}
