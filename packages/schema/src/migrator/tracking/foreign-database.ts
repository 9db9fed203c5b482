import { MigrationError } from "../errors/migration-error.ts";
import { displayTable, type TrackingTable } from "./tracking-table.ts";

/** The name of the tracking table is taken by another tool's. */
export function foreignTrackingTable(
  table: TrackingTable,
  columns: Readonly<Record<string, string>>,
): MigrationError {
  const seen = Object.entries(columns).map(([name, type]) => `${name} ${type}`);
  return new MigrationError(
    "MIGRATION_FOREIGN_DATABASE",
    `${displayTable(table)} belongs to another tool: it has the columns ${seen.join(", ")}`,
    {
      hint: 'Check that this is the right database. If both shall live in it, name another table with --table, and accept what is there with `smith migrate baseline --to 0 --reason "…"`.',
      details: { table: displayTable(table), columns },
    },
  );
}

/** There are tables, and nothing tells which migration made them. */
export function untrackedDatabase(
  database: string,
  table: TrackingTable,
  tables: number,
  example: string,
): MigrationError {
  const count = tables === 1 ? "a table" : `${tables} tables`;
  return new MigrationError(
    "MIGRATION_FOREIGN_DATABASE",
    `the database "${database}" has ${count} (${example}) but no ${displayTable(table)}: it is not known what was applied`,
    {
      hint: 'Check that this is the right database. If it is, say where it stands with `smith migrate baseline --to V --reason "…"`: V is the last migration that it already has, 0 for none.',
      details: { database, tables, example },
    },
  );
}
