import { asDatabaseError } from "@mister-smith/errors";
import { MigrationError } from "../errors/migration-error.ts";
import type { MigratorSession } from "../session/migrator-session.ts";
import { trackingDdl } from "../sql/tracking-ddl.ts";
import { countForeignTables } from "../sql/tracking-state.ts";
import { untrackedDatabase } from "./foreign-database.ts";
import type { TrackingState } from "./tracking-state.ts";
import { displayTable, type TrackingTable } from "./tracking-table.ts";

/**
 * Refuses a database whose tables came from nowhere that is known.
 *
 * A database with another tracking table of a migrator of this kind is fine: two sets of migrations share it.
 *
 * @throws {MigrationError} MIGRATION_FOREIGN_DATABASE
 */
export async function refuseUntracked(
  session: MigratorSession,
  table: TrackingTable,
  state: TrackingState,
): Promise<void> {
  if (state.tableExists) return;
  const [found] = await session.any(countForeignTables);
  if (found === undefined || found.tables === 0 || found.tracked) return;
  throw untrackedDatabase(state.database, table, found.tables, found.example ?? "");
}

/**
 * Makes the tracking table and its history where they are missing. The caller holds the runners' lock.
 *
 * @throws {MigrationError} MIGRATION_PERMISSION
 */
export async function ensureTracking(
  session: MigratorSession,
  table: TrackingTable,
  state: TrackingState,
): Promise<void> {
  if (state.tableExists && state.historyExists) return;
  try {
    await session.client.query(trackingDdl(table, state.schemaExists));
  } catch (error) {
    throw cannotCreate(error, session.role, table, state);
  }
}

function cannotCreate(error: unknown, role: string, table: TrackingTable, state: TrackingState): unknown {
  const cause = asDatabaseError(error, `create ${displayTable(table)}`);
  if (cause.errorClass !== "permission") return error;
  const grant = state.schemaExists
    ? `GRANT USAGE, CREATE ON SCHEMA "${table.schema}" TO "${role}"`
    : `GRANT CREATE ON DATABASE "${state.database}" TO "${role}"`;
  return new MigrationError(
    "MIGRATION_PERMISSION",
    `the role "${role}" may not create ${displayTable(table)}: ${cause.message}`,
    { cause: error, hint: `Run ${grant}, or connect as a role that owns the database.`, details: { role } },
  );
}
