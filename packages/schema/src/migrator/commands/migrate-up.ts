import { readMigrationFolder } from "../files/read-migration-folder.ts";
import type { MigratorOptions } from "../options/migrator-options.ts";
import { resolveOptions } from "../options/resolve-options.ts";
import { findProblems } from "../plan/find-problems.ts";
import { planSteps } from "../plan/migration-step.ts";
import { pendingUpTo } from "../plan/pending-up-to.ts";
import { refuseProblems } from "../plan/refuse-problems.ts";
import { readTrackingState } from "../tracking/tracking-state.ts";
import { displayTable } from "../tracking/tracking-table.ts";
import type { MigrationRunResult } from "./migration-run-result.ts";
import { runUp } from "./run-up.ts";
import { withRunner } from "./with-runner.ts";

/** What {@link migrateUp} takes. */
export interface MigrateUpOptions extends MigratorOptions {
  /** The last version to apply. Default: the newest file. */
  readonly to?: number;
}

/**
 * Applies the files that wait, lowest number first, each in a transaction of its own with the row that records
 * it (or statement by statement where PostgreSQL demands that).
 *
 * Before anything runs, all applied files are compared with what was applied and all waiting files are parsed.
 * Any number of runners may be started at once: one works, the others wait and find nothing left to do.
 *
 * @throws {MigrationError}
 */
export async function migrateUp(options: MigrateUpOptions): Promise<MigrationRunResult> {
  const started = performance.now();
  const resolved = resolveOptions(options);
  const files = await readMigrationFolder(resolved.folder);
  return withRunner(resolved, async (context) => {
    const state = await readTrackingState(context.session, resolved.table);
    refuseProblems(findProblems(files, state.applied));
    const steps = await planSteps(pendingUpTo(files, state.applied, options.to), "up");
    const migrations = await runUp(context, state, steps);
    const from = state.applied.at(-1)?.version ?? 0;
    return {
      direction: "up",
      table: displayTable(resolved.table),
      from,
      to: migrations.at(-1)?.version ?? from,
      migrations,
      durationMs: performance.now() - started,
    };
  });
}
