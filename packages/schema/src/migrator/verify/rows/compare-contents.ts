import type { CatalogDifference } from "../../catalog/compare-catalogs.ts";
import type { Contents, TableRows } from "./read-contents.ts";

/** How many rows of `before` are not in `after` with the same values. */
export function missingRows(before: TableRows, after: TableRows | undefined): number {
  let missing = 0;
  for (const [digest, rows] of before.rows) missing += Math.max(rows - (after?.rows.get(digest) ?? 0), 0);
  return missing;
}

/** What a file's way up and down did to the rows and sequences that were there before. */
export interface RoundTrip {
  /** What the down is at fault for. */
  readonly differences: readonly CatalogDifference[];
  /** What a down may leave undone, in words: values that the up changed, and rows that it put in. */
  readonly notes: readonly string[];
}

/**
 * Compares what a database held before a file's up with what it holds behind its down.
 *
 * A down that changes rows to something that they have never been is at fault. One that leaves what the up made
 * of them is not: nothing can bring back what an up has overwritten.
 */
export function compareRoundTrip(before: Contents, up: Contents, down: Contents): RoundTrip {
  const differences: CatalogDifference[] = [];
  const notes: string[] = [];
  for (const [table, was] of before.tables) {
    const is = down.tables.get(table);
    if (is === undefined) continue;
    const missing = missingRows(was, is);
    const between = up.tables.get(table);
    if (missing === 0) {
      const more = missingRows(is, was);
      if (more > 0) notes.push(`down leaves ${more} rows in ${table} that were not there before`);
    } else if (between === undefined || missingRows(between, is) === 0) {
      notes.push(`up overwrites or deletes ${missing} rows of ${table}, and down does not bring them back`);
    } else {
      differences.push(changedRows(table, was, missing));
    }
  }
  return { differences: [...differences, ...movedSequences(before, up, down)], notes };
}

/** The rows that were there before the file and right before this step, and are not behind it. */
export function changedByStep(
  before: Contents,
  start: Contents,
  end: Contents,
): readonly CatalogDifference[] {
  const differences: CatalogDifference[] = [];
  for (const [table, was] of before.tables) {
    const started = start.tables.get(table);
    const ended = end.tables.get(table);
    if (started === undefined || ended === undefined) continue;
    const kept = new Map([...was.rows].map(([d, rows]) => [d, Math.min(rows, started.rows.get(d) ?? 0)]));
    const missing = missingRows({ columns: was.columns, rows: kept }, ended);
    if (missing > 0) differences.push(changedRows(table, was, missing));
  }
  for (const [name, { position }] of before.sequences) {
    const started = start.sequences.get(name)?.position;
    const ended = end.sequences.get(name)?.position;
    if (started === undefined || ended === undefined || ended === started || ended === position) continue;
    differences.push(moved(name, started, ended));
  }
  return differences;
}

function changedRows(name: string, was: TableRows, missing: number): CatalogDifference {
  const rows = [...was.rows.values()].reduce((sum, count) => sum + count, 0);
  return { kind: "table", name, property: "unchanged rows", before: rows, after: rows - missing };
}

/** A sequence may have gone on when rows were put into a table that takes its values: numbers are never reused. */
function movedSequences(before: Contents, up: Contents, down: Contents): readonly CatalogDifference[] {
  return [...before.sequences].flatMap(([name, { position: was, tables }]) => {
    const is = down.sequences.get(name)?.position;
    if (is === undefined || is === was) return [];
    const users = new Set([...tables, ...(up.sequences.get(name)?.tables ?? [])]);
    return [...users].some((table) => wasWritten(table, before, up)) ? [] : [moved(name, was, is)];
  });
}

function wasWritten(table: string, before: Contents, up: Contents): boolean {
  const was = before.tables.get(table);
  const is = up.tables.get(table);
  if (was === undefined || is === undefined) return was !== is;
  return missingRows(is, was) > 0;
}

function moved(name: string, before: string, after: string): CatalogDifference {
  return { kind: "sequence", name, property: "position", before, after };
}
