import type { Node } from "libpg-query";

/** A statement and the ones in its WITH, which run with it. */
export function withQueries(node: Node): readonly Node[] {
  const ctes = withClauseOf(node)?.ctes ?? [];
  const queries = ctes.flatMap((cte) =>
    "CommonTableExpr" in cte && cte.CommonTableExpr.ctequery !== undefined
      ? withQueries(cte.CommonTableExpr.ctequery)
      : [],
  );
  return [node, ...queries];
}

function withClauseOf(node: Node) {
  if ("SelectStmt" in node) return node.SelectStmt.withClause;
  if ("InsertStmt" in node) return node.InsertStmt.withClause;
  if ("UpdateStmt" in node) return node.UpdateStmt.withClause;
  if ("DeleteStmt" in node) return node.DeleteStmt.withClause;
  if ("MergeStmt" in node) return node.MergeStmt.withClause;
  return undefined;
}

/** Whether a condition holds for every row: there is none, or it compares constants. */
export function isAlwaysTrue(condition: Node | undefined): boolean {
  if (condition === undefined) return true;
  if ("A_Const" in condition) return condition.A_Const.boolval?.boolval === true;
  if ("TypeCast" in condition) {
    const { arg } = condition.TypeCast;
    return arg !== undefined && "A_Const" in arg && /^(t|true|on|yes|1)$/i.test(arg.A_Const.sval?.sval ?? "");
  }
  if ("BoolExpr" in condition) {
    const args = condition.BoolExpr.args ?? [];
    if (condition.BoolExpr.boolop === "OR_EXPR") return args.some(isAlwaysTrue);
    return condition.BoolExpr.boolop === "AND_EXPR" && args.every(isAlwaysTrue);
  }
  return "A_Expr" in condition && comparesEqualConstants(condition.A_Expr);
}

function comparesEqualConstants({
  name,
  lexpr,
  rexpr,
}: Extract<Node, { A_Expr: unknown }>["A_Expr"]): boolean {
  const operator = name?.[0];
  if (operator === undefined || !("String" in operator) || operator.String.sval !== "=") return false;
  if (lexpr === undefined || rexpr === undefined || !("A_Const" in lexpr) || !("A_Const" in rexpr))
    return false;
  const { location: _, ...left } = lexpr.A_Const;
  const { location: __, ...right } = rexpr.A_Const;
  return JSON.stringify(left) === JSON.stringify(right);
}
