import type { MigratorSession } from "../../session/migrator-session.ts";
import { countTableRows } from "../sql/rows.ts";
import { describeTables, type TableShape } from "../sql/tables.ts";
import { fillOrder } from "./fill-order.ts";
import { searchRow } from "./row-search.ts";

/** Whether a table could be given rows. */
export interface TableFill {
  /** Qualified name. */
  readonly table: string;
  readonly rows: number;
  /** Why it has none, in the server's words; null when it has some. */
  readonly reason: string | null;
}

/**
 * Puts rows into every empty table that takes one: one row with what is required and, where that goes, a second
 * one with every column filled. The catalogue says what fits; where checks and triggers decide, values are tried.
 *
 * @param ignored tables to leave alone, as `schema.table`
 */
export async function fillTables(
  session: MigratorSession,
  ignored: readonly string[],
): Promise<readonly TableFill[]> {
  const tables = fillOrder(await session.any(describeTables(ignored)));
  const fills: TableFill[] = [];
  // A trigger that waits or loops must not hold up the whole verification.
  await session.client.query("BEGIN; SET LOCAL statement_timeout = '5s'; SET LOCAL synchronous_commit = off");
  for (const table of tables) fills.push(await fillTable(session, table));
  await session.client.query("COMMIT");
  return fills.sort((a, b) => (a.table < b.table ? -1 : 1));
}

async function fillTable(session: MigratorSession, shape: TableShape): Promise<TableFill> {
  const { table } = shape;
  const before = await rowsOf(session, table);
  if (before > 0) return { table, rows: before, reason: null };
  const required = await searchRow(session, { table: shape, seed: 1, scope: "required" });
  const all = await searchRow(session, { table: shape, seed: 2, scope: "all" });
  const rows = await rowsOf(session, table);
  return {
    table,
    rows,
    reason: rows > 0 ? null : ((required ?? all)?.reason ?? "it took a row and does not show it"),
  };
}

async function rowsOf(session: MigratorSession, table: string): Promise<number> {
  return (await session.any(countTableRows(table)))[0]?.rows ?? 0;
}
