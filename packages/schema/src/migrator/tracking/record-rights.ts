import { asDatabaseError } from "@mister-smith/errors";
import { escapeIdentifier } from "pg";
import { MigrationError } from "../errors/migration-error.ts";
import type { MigratorSession } from "../session/migrator-session.ts";
import { displayTable, type TrackingTable } from "./tracking-table.ts";

/** What a command does with the record: `check` reads the tracking table alone, `status` the history as well. */
export type RecordUse = "check" | "status" | "run";

/** The statements that give a role the rights on the record which a command needs. */
export function recordGrants(table: TrackingTable, role: string, use: RecordUse): string {
  const schema = escapeIdentifier(table.schema);
  const tracking = `${schema}.${escapeIdentifier(table.name)}`;
  const history = `${schema}.${escapeIdentifier(table.history)}`;
  const rights = {
    check: [`SELECT ON ${tracking}`],
    status: [`SELECT ON ${tracking}, ${history}`],
    run: [`SELECT, INSERT, UPDATE, DELETE ON ${tracking}`, `SELECT, INSERT ON ${history}`],
  }[use];
  return [`USAGE ON SCHEMA ${schema}`, ...rights]
    .map((right) => `GRANT ${right} TO ${escapeIdentifier(role)};`)
    .join(" ");
}

/**
 * Reads the record, and names the grants when a right is missing.
 *
 * @throws {MigrationError} MIGRATION_PERMISSION
 */
export async function readRecord<Result>(
  session: MigratorSession,
  table: TrackingTable,
  use: RecordUse,
  read: () => Promise<Result>,
): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    const cause = asDatabaseError(error, `read ${displayTable(table)}`);
    if (cause.errorClass !== "permission") throw error;
    const { role } = session;
    throw new MigrationError(
      "MIGRATION_PERMISSION",
      `the role "${role}" may not read the record of the migrations: ${cause.message}`,
      {
        cause: error,
        hint: `As the owner of ${displayTable(table)} run ${recordGrants(table, role, use)}`,
        details: { ...cause.details, role },
      },
    );
  }
}
