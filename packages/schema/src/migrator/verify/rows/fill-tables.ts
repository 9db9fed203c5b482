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
 * Puts rows into every table that takes one: a row with only what is required and, where the table was empty, a
 * second one with every column filled. The catalogue says what fits; where checks and triggers decide, values are
 * tried.
 *
 * @param ignored tables to leave alone, as `schema.table`
 * @param round counts the calls for one database, so that each of them finds other values
 */
export async function fillTables(
  session: MigratorSession,
  ignored: readonly string[],
  round: number,
): Promise<readonly TableFill[]> {
  // A trigger that waits or loops must not hold up the whole verification.
  await session.client.query("BEGIN; SET LOCAL statement_timeout = '5s'; SET LOCAL jit = off");
  const tables = fillOrder(await session.any(describeTables(ignored)));
  const fills: TableFill[] = [];
  for (const table of tables) fills.push(await fillTable(session, table, round * 2 + 1));
  await session.client.query("COMMIT");
  return fills.sort((a, b) => (a.table < b.table ? -1 : 1));
}

async function fillTable(session: MigratorSession, shape: TableShape, seed: number): Promise<TableFill> {
  const { table } = shape;
  const wasEmpty = (await rowsOf(session, table)) === 0;
  // With rows in it a table is tried a little for one more: a row as sparse as it now may be.
  const attempts = wasEmpty ? 400 : 20;
  const required = await searchRow(session, { table: shape, seed, scope: "required", attempts });
  const all = wasEmpty
    ? await searchRow(session, { table: shape, seed: seed + 1, scope: "all", attempts })
    : undefined;
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
