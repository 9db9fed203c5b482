import type { Node, ParamRef, SelectStmt } from "libpg-query";

/**
 * The parameters that an expression may have for its value as they are, without a cast: of `CASE WHEN a = $1 THEN $2 END` the
 * second. It is they whose type decides which function or operator is meant.
 */
export function valueParameters(node: Node | undefined): readonly ParamRef[] {
  if (node === undefined) return [];
  if ("ParamRef" in node) return [node.ParamRef];
  if ("A_Expr" in node) return ofEach([node.A_Expr.lexpr, node.A_Expr.rexpr]);
  if ("FuncCall" in node) return ofEach(node.FuncCall.args);
  if ("NamedArgExpr" in node) return valueParameters(node.NamedArgExpr.arg);
  if ("CaseExpr" in node)
    return ofEach([
      ...(node.CaseExpr.args ?? []).map((when) => ("CaseWhen" in when ? when.CaseWhen.result : undefined)),
      node.CaseExpr.defresult,
    ]);
  if ("CoalesceExpr" in node) return ofEach(node.CoalesceExpr.args);
  if ("MinMaxExpr" in node) return ofEach(node.MinMaxExpr.args);
  if ("A_ArrayExpr" in node) return ofEach(node.A_ArrayExpr.elements);
  if ("RowExpr" in node) return ofEach(node.RowExpr.args);
  if ("List" in node) return ofEach(node.List.items);
  if ("NullTest" in node) return valueParameters(node.NullTest.arg);
  if ("CollateClause" in node) return valueParameters(node.CollateClause.arg);
  if ("A_Indirection" in node) return valueParameters(node.A_Indirection.arg);
  if ("SubLink" in node)
    return [...valueParameters(node.SubLink.testexpr), ...outputs(node.SubLink.subselect).flat()];
  return [];
}

/** Those of each column that a query gives, in the order of the columns. */
export function outputs(query: Node | undefined): readonly (readonly ParamRef[])[] {
  return query !== undefined && "SelectStmt" in query ? outputsOf(query.SelectStmt) : [];
}

/** The same for a query without its name. */
export function outputsOf({
  larg,
  rarg,
  valuesLists,
  targetList = [],
}: SelectStmt): readonly (readonly ParamRef[])[] {
  if (larg !== undefined && rarg !== undefined) return joined([outputsOf(larg), outputsOf(rarg)]);
  if (valuesLists !== undefined)
    return joined(
      valuesLists.map((row) => ("List" in row ? (row.List.items ?? []).map(valueParameters) : [])),
    );
  return targetList.map((target) => ("ResTarget" in target ? valueParameters(target.ResTarget.val) : []));
}

function joined(rows: readonly (readonly (readonly ParamRef[])[])[]): readonly (readonly ParamRef[])[] {
  const width = Math.max(0, ...rows.map(({ length }) => length));
  return Array.from({ length: width }, (_, column) => rows.flatMap((row) => row[column] ?? []));
}

function ofEach(nodes: readonly (Node | undefined)[] = []): readonly ParamRef[] {
  return nodes.flatMap(valueParameters);
}
