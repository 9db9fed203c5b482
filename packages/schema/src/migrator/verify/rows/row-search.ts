import { classifyDatabaseError } from "@mister-smith/errors";
import { z } from "zod";
import type { MigratorSession } from "../../session/migrator-session.ts";
import { insertRow, selectKeys } from "../sql/rows.ts";
import type { ForeignKeyShape, TableShape } from "../sql/tables.ts";
import { candidateValues } from "./candidate-values.ts";

type Row = ReadonlyMap<string, string | null>;
type ParentKeys = ReadonlyMap<ForeignKeyShape, readonly (readonly string[])[]>;

/** Why no row could be put in; undefined when one is in. */
export type SearchOutcome = { readonly reason: string } | undefined;

/** What is looked for. */
export interface RowSearch {
  readonly table: TableShape;
  /** Makes the values of one search differ from those of another. */
  readonly seed: number;
  /** Whether only what a row needs is given, or every column. */
  readonly scope: "required" | "all";
  /** How many rows to try at most; each is one INSERT of under a millisecond. */
  readonly attempts: number;
}

const refusalShape = z.object({
  message: z.string(),
  constraint: z.string().optional(),
  column: z.string().optional(),
});
type Refusal = z.output<typeof refusalShape>;

/**
 * Tries rows until the table takes one. A refusal names its constraint: only the columns of that one are
 * varied, so that tables with many checks are filled in few attempts.
 */
export async function searchRow(session: MigratorSession, search: RowSearch): Promise<SearchOutcome> {
  const parents = await readParentKeys(session, search.table);
  const queue: Row[] = [firstRow(search, parents)];
  const tried = new Set<string>();
  let reason = "";
  for (let attempts = 0; attempts < search.attempts; attempts += 1) {
    const row = queue.shift();
    if (row === undefined) break;
    const refused = await tryInsert(session, search.table.table, row);
    if (refused === undefined) return undefined;
    reason = refused.message;
    for (const variant of variants(search, parents, row, refused)) {
      const key = JSON.stringify([...variant]);
      if (!tried.has(key)) queue.push(variant);
      tried.add(key);
    }
  }
  return { reason };
}

async function readParentKeys(session: MigratorSession, table: TableShape): Promise<ParentKeys> {
  const parents = new Map<ForeignKeyShape, readonly (readonly string[])[]>();
  for (const key of table.foreignKeys) {
    const rows = await session.any(selectKeys(key.table, key.referenced));
    parents.set(
      key,
      rows.map((row) => row.key),
    );
  }
  return parents;
}

function firstRow({ table, seed, scope }: RowSearch, parents: ParentKeys): Row {
  const row = new Map<string, string | null>();
  for (const column of table.columns) {
    if (column.hasDefault || (scope === "required" && !column.required)) continue;
    row.set(column.name, candidateValues(column, table, seed)[0] ?? null);
  }
  for (const [key, tuples] of parents) {
    const required = key.columns.every((name) => isRequired(table, name));
    const tuple = required || scope === "all" ? tuples[seed % Math.max(tuples.length, 1)] : undefined;
    assign(row, table, key, tuple);
  }
  return row;
}

/** Gives a foreign key's columns a key of the other table, or NULL to those that may be NULL. */
function assign(
  row: Map<string, string | null>,
  table: TableShape,
  key: ForeignKeyShape,
  tuple: readonly string[] | undefined,
): void {
  key.columns.forEach((name, index) => {
    if (tuple !== undefined) row.set(name, tuple[index] ?? null);
    else if (!isRequired(table, name)) row.set(name, null);
  });
}

function isRequired(table: TableShape, name: string): boolean {
  return table.columns.find((column) => column.name === name)?.required === true;
}

async function tryInsert(session: MigratorSession, table: string, row: Row): Promise<Refusal | undefined> {
  try {
    await session.client.query(insertRow(table, row));
    return undefined;
  } catch (error) {
    if (classifyDatabaseError(error) === "connection") throw error;
    await session.client.query("ROLLBACK TO SAVEPOINT smith_row; RELEASE SAVEPOINT smith_row");
    return refusalShape.safeParse(error).data ?? { message: String(error) };
  }
}

/** Rows that differ in one or two of the columns that the refusal is about. */
function variants(search: RowSearch, parents: ParentKeys, row: Row, refused: Refusal): readonly Row[] {
  const columns = blamed(search.table, refused);
  const vary = (from: Row, name: string) => alternatives(search, parents, from, name);
  const single = columns.flatMap((name) => vary(row, name));
  if (columns.length < 2) return single;
  // A check over several columns often needs two of them to move together.
  const double = single
    .slice(0, 24)
    .flatMap((next) => columns.flatMap((name) => vary(next, name).slice(0, 4)));
  return [...single, ...double];
}

function alternatives(
  { table, seed }: RowSearch,
  parents: ParentKeys,
  row: Row,
  name: string,
): readonly Row[] {
  const keys = [...parents].filter(([key]) => key.columns.includes(name));
  if (keys.length > 0) {
    return keys.flatMap(([key, tuples]) =>
      [...tuples, undefined].map((tuple) => {
        const next = new Map(row);
        assign(next, table, key, tuple);
        return next;
      }),
    );
  }
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column === undefined) return [];
  return candidateValues(column, table, seed).map((value) => new Map(row).set(name, value));
}

function blamed(table: TableShape, { constraint, column }: Refusal): readonly string[] {
  if (column !== undefined) return [column];
  const check = table.checks.find((candidate) => candidate.name === constraint);
  if (check !== undefined) return check.columns;
  const key = table.foreignKeys.find((candidate) => candidate.name === constraint);
  if (key !== undefined) return key.columns;
  // No partition for the row: PostgreSQL names neither constraint nor column.
  return table.partitionKey.length > 0
    ? table.partitionKey
    : table.columns.map((candidate) => candidate.name);
}
