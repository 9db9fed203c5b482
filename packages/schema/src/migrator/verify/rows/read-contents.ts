import type { MigratorSession } from "../../session/migrator-session.ts";
import { digestRows, selectComparableTables, selectPosition, selectSequences } from "../sql/contents.ts";

/** The rows of a table as digests of their values, in no order. */
export interface TableRows {
  /** The columns that the digests are made of. */
  readonly columns: readonly string[];
  /** How many rows have which values. */
  readonly rows: ReadonlyMap<string, number>;
}

/** Where a sequence stands, and which tables take values from it. */
export interface SequencePosition {
  readonly position: string;
  readonly tables: readonly string[];
}

/** What the tables hold and where the sequences stand. */
export interface Contents {
  readonly tables: ReadonlyMap<string, TableRows>;
  readonly sequences: ReadonlyMap<string, SequencePosition>;
}

/**
 * Reads what a database holds, as far as it can be compared.
 *
 * @param ignored tables to leave out
 * @param like an earlier reading: the same tables by the same columns; a table that has lost one is left out
 */
export async function readContents(
  session: MigratorSession,
  ignored: readonly string[],
  like?: Contents,
): Promise<Contents> {
  const tables = new Map<string, TableRows>();
  for (const { table, columns: present } of await session.any(selectComparableTables(ignored))) {
    const columns = like === undefined ? present : like.tables.get(table)?.columns;
    if (columns === undefined || (like !== undefined && !hasColumns(present, columns))) continue;
    const digests = await session.any(digestRows(table, columns));
    tables.set(table, { columns, rows: new Map(digests.map(({ digest, rows }) => [digest, rows])) });
  }
  return { tables, sequences: await readSequences(session, ignored) };
}

function hasColumns(present: readonly string[], wanted: readonly string[]): boolean {
  const there = new Set(present);
  return wanted.every((column) => there.has(column));
}

async function readSequences(
  session: MigratorSession,
  ignored: readonly string[],
): Promise<Contents["sequences"]> {
  const sequences = new Map<string, SequencePosition>();
  for (const { sequence, tables } of await session.any(selectSequences)) {
    if (tables.some((table) => ignored.includes(table))) continue;
    const [found] = await session.any(selectPosition(sequence));
    if (found === undefined) continue;
    sequences.set(sequence, {
      position: found.called ? found.last : `${found.last}, not yet given out`,
      tables,
    });
  }
  return sequences;
}
