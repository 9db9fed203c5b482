import { parse } from "libpg-query";
import { canonical } from "./tree/canonical.ts";

/** The conditions that all hold where one of a partial index does, as the server writes it; each the same for the same. */
export async function conditionsOf(predicate: string): Promise<readonly string[]> {
  const { stmts } = await parse(`SELECT WHERE ${predicate}`);
  const select = stmts?.[0]?.stmt;
  const where = select !== undefined && "SelectStmt" in select ? select.SelectStmt.whereClause : undefined;
  if (where === undefined) return [predicate];
  const isAll = "BoolExpr" in where && where.BoolExpr.boolop === "AND_EXPR";
  return isAll ? (where.BoolExpr.args ?? []).map(canonical) : [canonical(where)];
}
