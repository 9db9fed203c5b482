import { readMigrationFolder } from "../files/read-migration-folder.ts";
import type { MigratorOptions } from "../options/migrator-options.ts";
import { resolveOptions } from "../options/resolve-options.ts";
import { findProblems } from "../plan/find-problems.ts";
import { planSteps } from "../plan/migration-step.ts";
import { migrationsToUndo } from "../plan/migrations-to-undo.ts";
import { refuseProblems } from "../plan/refuse-problems.ts";
import { readTrackingState } from "../tracking/tracking-state.ts";
import { displayTable } from "../tracking/tracking-table.ts";
import type { MigrationRunResult } from "./migration-run-result.ts";
import { runDown } from "./run-down.ts";
import { withRunner } from "./with-runner.ts";

/** What {@link migrateDown} takes: at most one of `to` and `steps`. */
export interface MigrateDownOptions extends MigratorOptions {
  /** The newest version that stays; 0 takes everything back. */
  readonly to?: number;
  /** How many migrations to take back. Default: 1. */
  readonly steps?: number;
  /** Whether tables, columns and schemas that hold rows may be dropped. Default: false. */
  readonly acceptDataLoss?: boolean;
}

/**
 * Takes applied migrations back with their down files, highest number first.
 *
 * Nothing that holds rows is dropped, neither by name nor by CASCADE nor from within a function, and no value is
 * converted where that may lose it, unless `acceptDataLoss` says so; it is checked for all files before the first one runs, and again inside the
 * transaction of each with the tables locked.
 *
 * @throws {MigrationError}
 */
export async function migrateDown(options: MigrateDownOptions): Promise<MigrationRunResult> {
  const started = performance.now();
  const resolved = resolveOptions(options);
  const files = await readMigrationFolder(resolved.folder);
  return withRunner(resolved, async (context) => {
    const state = await readTrackingState(context.session, resolved.table);
    refuseProblems(findProblems(files, state.applied));
    const steps = await planSteps(migrationsToUndo(files, state.applied, options), "down");
    const migrations = await runDown(context, state, steps, options.acceptDataLoss === true);
    return {
      direction: "down",
      table: displayTable(resolved.table),
      from: state.applied.at(-1)?.version ?? 0,
      to: state.applied.at(-1 - migrations.length)?.version ?? 0,
      migrations,
      durationMs: performance.now() - started,
    };
  });
}
