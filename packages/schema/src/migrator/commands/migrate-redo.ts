import type { MigrationRun } from "../execute/apply-step.ts";
import { readMigrationFolder } from "../files/read-migration-folder.ts";
import { resolveOptions } from "../options/resolve-options.ts";
import { findProblems } from "../plan/find-problems.ts";
import { planSteps } from "../plan/migration-step.ts";
import { migrationsToUndo } from "../plan/migrations-to-undo.ts";
import { refuseProblems } from "../plan/refuse-problems.ts";
import { readTrackingState } from "../tracking/tracking-state.ts";
import { displayTable } from "../tracking/tracking-table.ts";
import type { MigrateDownOptions } from "./migrate-down.ts";
import { runDown } from "./run-down.ts";
import { runUp } from "./run-up.ts";
import { withRunner } from "./with-runner.ts";

/** What {@link migrateRedo} has done. */
export interface MigrationRedoResult {
  /** The tracking table as `schema.name`. */
  readonly table: string;
  /** What was taken back, highest number first. */
  readonly down: readonly MigrationRun[];
  /** What was applied again, lowest number first. */
  readonly up: readonly MigrationRun[];
  readonly durationMs: number;
}

/**
 * Takes the last migration (or the last `steps`, or all above `to`) down and up again, without letting another
 * runner in between. Made for writing a migration: its up file may have been changed since it was applied. Both
 * directions are parsed before the first one runs.
 *
 * @throws {MigrationError}
 */
export async function migrateRedo(options: MigrateDownOptions): Promise<MigrationRedoResult> {
  const started = performance.now();
  const resolved = resolveOptions(options);
  const files = await readMigrationFolder(resolved.folder);
  return withRunner(resolved, async (context) => {
    const state = await readTrackingState(context.session, resolved.table);
    const undo = migrationsToUndo(files, state.applied, options);
    const redone = new Set(undo.map(({ version }) => version));
    const problems = findProblems(files, state.applied);
    refuseProblems(
      problems.filter(({ code, version }) => code !== "MIGRATION_CHANGED" || !redone.has(version)),
    );
    const ups = await planSteps(undo.toReversed(), "up");
    const downs = await planSteps(undo, "down");
    const down = await runDown(context, state, downs, options.acceptDataLoss === true);
    const up = await runUp(context, { ...state, tableExists: true, historyExists: true }, ups);
    return { table: displayTable(resolved.table), down, up, durationMs: performance.now() - started };
  });
}
