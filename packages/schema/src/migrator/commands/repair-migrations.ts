import type { RunContext } from "../execute/run-context.ts";
import type { MigrationFile } from "../files/migration-file.ts";
import { readMigrationFolder } from "../files/read-migration-folder.ts";
import type { MigratorOptions } from "../options/migrator-options.ts";
import { requireText, resolveOptions } from "../options/resolve-options.ts";
import { findProblems, type MigrationProblem } from "../plan/find-problems.ts";
import { inTransaction } from "../session/in-transaction.ts";
import { insertHistory } from "../sql/history.ts";
import { deleteApplied, updateApplied } from "../sql/write-record.ts";
import type { AppliedMigration } from "../tracking/applied-migration.ts";
import { ensureTracking } from "../tracking/ensure-tracking.ts";
import { readTrackingState } from "../tracking/tracking-state.ts";
import { displayTable } from "../tracking/tracking-table.ts";
import { withRunner } from "./with-runner.ts";

/** What {@link repairMigrations} takes. */
export interface RepairOptions extends MigratorOptions {
  /** Why; kept in the history. */
  readonly reason: string;
  /** Whether applied migrations whose files are gone shall be forgotten. Default: false. */
  readonly forgetMissing?: boolean;
}

/** What {@link repairMigrations} has done. */
export interface RepairResult {
  /** The tracking table as `schema.name`. */
  readonly table: string;
  /** The differences that are accepted and on record now. */
  readonly repaired: readonly MigrationProblem[];
  /** Those that a repair cannot or may not accept; each says what to do instead. */
  readonly remaining: readonly MigrationProblem[];
}

/**
 * Accepts, on the record, that applied files differ from what was applied: the tracking table takes over the
 * name and checksum of changed and renamed files, and forgets missing ones when `forgetMissing` says so. The
 * schema itself is not touched. Files that are out of order cannot be repaired, only renumbered.
 *
 * @throws {MigrationError}
 */
export async function repairMigrations(options: RepairOptions): Promise<RepairResult> {
  const resolved = resolveOptions(options);
  const reason = requireText("reason", options.reason);
  const files = await readMigrationFolder(resolved.folder);
  return withRunner(resolved, async (context) => {
    const state = await readTrackingState(context.session, resolved.table);
    const problems = findProblems(files, state.applied);
    const repaired = problems.filter(({ code }) => isRepairable(code, options.forgetMissing === true));
    if (repaired.length > 0) {
      await ensureTracking(context.session, resolved.table, state);
      const versions = new Set(repaired.map(({ version }) => version));
      const rows = state.applied.filter(({ version }) => versions.has(version));
      await inTransaction(context.session, () => rewrite(context, files, rows, reason));
    }
    const remaining = problems.filter((problem) => !repaired.includes(problem));
    return { table: displayTable(resolved.table), repaired, remaining };
  });
}

function isRepairable(code: MigrationProblem["code"], forgetMissing: boolean): boolean {
  if (code === "MIGRATION_CHANGED" || code === "MIGRATION_RENAMED") return true;
  return forgetMissing && (code === "MIGRATION_MISSING" || code === "MIGRATION_DATABASE_NEWER");
}

async function rewrite(
  { session, options }: RunContext,
  files: readonly MigrationFile[],
  rows: readonly AppliedMigration[],
  reason: string,
): Promise<void> {
  const fileOf = new Map(files.map((file) => [file.version, file]));
  for (const row of rows) {
    const file = fileOf.get(row.version);
    await session.any(file ? updateApplied(options.table, file) : deleteApplied(options.table, row));
    const entry = insertHistory(options.table, {
      version: row.version,
      name: file?.name ?? row.name,
      action: "repair",
      outcome: "done",
      toolVersion: options.toolVersion,
      durationMs: null,
      checksum: file?.up.checksum ?? null,
      reason,
      details: {
        before: { name: row.name, checksum: row.checksum },
        forgotten: file === undefined,
        downChecksum: file?.down?.checksum ?? null,
      },
    });
    await session.any(entry);
  }
}
