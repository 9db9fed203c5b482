import { MigrationError } from "../errors/migration-error.ts";
import { readMigrationFolder } from "../files/read-migration-folder.ts";
import type { MigratorOptions } from "../options/migrator-options.ts";
import { resolveOptions } from "../options/resolve-options.ts";
import { findProblems } from "../plan/find-problems.ts";
import { pendingUpTo } from "../plan/pending-up-to.ts";
import { refuseProblems } from "../plan/refuse-problems.ts";
import { readTrackingState } from "../tracking/tracking-state.ts";
import { displayTable } from "../tracking/tracking-table.ts";
import { withReader } from "./with-runner.ts";

/** What {@link checkMigrations} has found: the database is exactly where the files are. */
export interface MigrationCheck {
  /** The tracking table as `schema.name`. */
  readonly table: string;
  /** The newest version, in the database as in the folder; 0 for none. */
  readonly version: number;
  /** How many migrations were compared. */
  readonly migrations: number;
}

/**
 * For an application's start: resolves when every file is applied as it stands, and refuses a database that is
 * older, newer or different. Reads the tracking table and nothing else, so SELECT on it is all the role needs.
 *
 * @throws {MigrationError} MIGRATION_PENDING when the database is older, MIGRATION_DATABASE_NEWER when it is newer,
 *   MIGRATION_CHANGED and its like when it is different
 */
export async function checkMigrations(options: MigratorOptions): Promise<MigrationCheck> {
  const resolved = resolveOptions(options);
  const files = await readMigrationFolder(resolved.folder);
  const table = displayTable(resolved.table);
  const { applied } = await withReader(resolved, (session) =>
    readTrackingState(session, resolved.table, "check"),
  );
  refuseProblems(findProblems(files, applied));
  const pending = pendingUpTo(files, applied, undefined);
  if (pending.length > 0) {
    const [first] = pending;
    throw new MigrationError(
      "MIGRATION_PENDING",
      `${pending.length === 1 ? "a migration waits" : `${pending.length} migrations wait`} to be applied, from ${first?.up.file}`,
      {
        hint: "Run `smith migrate up` before this release starts.",
        details: { table, pending: pending.map(({ up }) => up.file), current: applied.at(-1)?.version ?? 0 },
      },
    );
  }
  return { table, version: applied.at(-1)?.version ?? 0, migrations: applied.length };
}
