import type { MigratorSession } from "../session/migrator-session.ts";
import { describeTracking, selectApplied } from "../sql/tracking-state.ts";
import type { AppliedMigration } from "./applied-migration.ts";
import { foreignTrackingTable } from "./foreign-database.ts";
import { type RecordUse, readRecord } from "./record-rights.ts";
import type { TrackingTable } from "./tracking-table.ts";

/** What the database knows of its migrations. */
export interface TrackingState {
  readonly database: string;
  readonly schemaExists: boolean;
  readonly tableExists: boolean;
  readonly historyExists: boolean;
  /** Lowest number first; empty where the table does not exist. */
  readonly applied: readonly AppliedMigration[];
}

const expectedColumns: Readonly<Record<string, string>> = {
  version: "bigint",
  description: "text",
  installed_on: "timestamp with time zone",
  installed_by: "text",
  execution_time: "interval",
  checksum: "character varying(64)",
};

/**
 * Reads the tracking table, where there is one.
 *
 * @param use which rights the hint names when the role lacks one. Default: those of a command that writes
 * @throws {MigrationError} MIGRATION_FOREIGN_DATABASE when another tool's table has its name,
 *   MIGRATION_PERMISSION
 */
export async function readTrackingState(
  session: MigratorSession,
  table: TrackingTable,
  use: RecordUse = "run",
): Promise<TrackingState> {
  const [found] = await session.any(describeTracking(table));
  const columns = found?.columns ?? null;
  if (columns !== null) {
    const wrong = Object.entries(expectedColumns).filter(([name, type]) => columns[name] !== type);
    if (wrong.length > 0) throw foreignTrackingTable(table, columns);
  }
  return {
    database: found?.database ?? "",
    schemaExists: found?.schema_exists ?? false,
    tableExists: columns !== null,
    historyExists: found?.history_exists ?? false,
    applied:
      columns === null ? [] : await readRecord(session, table, use, () => session.any(selectApplied(table))),
  };
}
