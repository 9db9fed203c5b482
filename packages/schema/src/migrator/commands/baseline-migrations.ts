import { MigrationError } from "../errors/migration-error.ts";
import type { RunContext } from "../execute/run-context.ts";
import type { MigrationFile } from "../files/migration-file.ts";
import { readMigrationFolder } from "../files/read-migration-folder.ts";
import type { MigratorOptions } from "../options/migrator-options.ts";
import { requireText, resolveOptions } from "../options/resolve-options.ts";
import { unknownVersion } from "../plan/pending-up-to.ts";
import { inTransaction } from "../session/in-transaction.ts";
import { insertHistory } from "../sql/history.ts";
import { insertApplied } from "../sql/write-record.ts";
import type { AppliedMigration } from "../tracking/applied-migration.ts";
import { ensureTracking } from "../tracking/ensure-tracking.ts";
import { readTrackingState } from "../tracking/tracking-state.ts";
import { displayTable } from "../tracking/tracking-table.ts";
import { withRunner } from "./with-runner.ts";

/** What {@link baselineMigrations} takes. */
export interface BaselineOptions extends MigratorOptions {
  /** The last migration whose changes the database already has; 0 when it has none of them. */
  readonly version: number;
  /** Why; kept in the history. */
  readonly reason: string;
}

/** What {@link baselineMigrations} has recorded. */
export interface BaselineResult {
  /** The tracking table as `schema.name`. */
  readonly table: string;
  readonly version: number;
  /** The files that count as applied now. */
  readonly files: readonly string[];
}

/**
 * Takes a database under the migrator's care that was built by other means: all files up to `version` count as
 * applied, without being run. Nobody checks whether the database really looks like that.
 *
 * @throws {MigrationError} MIGRATION_USAGE when migrations are on record already
 */
export async function baselineMigrations(options: BaselineOptions): Promise<BaselineResult> {
  const resolved = resolveOptions(options);
  const reason = requireText("reason", options.reason);
  const all = await readMigrationFolder(resolved.folder);
  const { version } = options;
  if (version !== 0 && !all.some((file) => file.version === version)) throw unknownVersion(version, all);
  const files = all.filter((file) => file.version <= version);
  return withRunner(resolved, async (context) => {
    const state = await readTrackingState(context.session, resolved.table);
    refuseRecorded(state.applied);
    await ensureTracking(context.session, resolved.table, state);
    await inTransaction(context.session, () => writeBaseline(context, files, reason));
    return { table: displayTable(resolved.table), version, files: files.map(({ up }) => up.file) };
  });
}

function refuseRecorded(applied: readonly AppliedMigration[]): void {
  const newest = applied.at(-1);
  if (newest === undefined) return;
  throw new MigrationError(
    "MIGRATION_USAGE",
    `there is nothing to baseline: ${applied.length} migrations up to ${newest.version} are on record`,
    {
      hint: "`smith migrate up` applies what waits; `smith migrate repair` corrects the record.",
      details: { applied: applied.length, newest: newest.version },
    },
  );
}

async function writeBaseline(
  { session, options }: RunContext,
  files: readonly MigrationFile[],
  reason: string,
): Promise<void> {
  const entry = {
    action: "baseline",
    outcome: "done",
    toolVersion: options.toolVersion,
    durationMs: null,
    reason,
  } as const;
  if (files.length === 0) {
    const nothing = { version: 0, name: "", checksum: null, details: {} };
    await session.any(insertHistory(options.table, { ...entry, ...nothing }));
  }
  for (const file of files) {
    await session.any(insertApplied(options.table, file));
    const { version, name, up, down } = file;
    const details = { file: up.file, downChecksum: down?.checksum ?? null };
    await session.any(
      insertHistory(options.table, { ...entry, version, name, checksum: up.checksum, details }),
    );
  }
}
