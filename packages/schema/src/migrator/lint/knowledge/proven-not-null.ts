import type { Constraint, Node } from "libpg-query";
import { nameParts } from "../tree/names.ts";

/** The columns that a CHECK constraint proves to be filled: `a IS NOT NULL`, alone or joined by AND. */
export function provenNotNull(constraint: Constraint): readonly string[] {
  return constraint.contype === "CONSTR_CHECK" ? fromExpression(constraint.raw_expr) : [];
}

function fromExpression(node: Node | undefined): readonly string[] {
  if (node === undefined) return [];
  if ("BoolExpr" in node && node.BoolExpr.boolop === "AND_EXPR")
    return (node.BoolExpr.args ?? []).flatMap(fromExpression);
  if (!("NullTest" in node) || node.NullTest.nulltesttype !== "IS_NOT_NULL") return [];
  const { arg } = node.NullTest;
  return arg !== undefined && "ColumnRef" in arg ? nameParts(arg.ColumnRef.fields).slice(-1) : [];
}
