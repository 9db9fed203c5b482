import { readMigrationFolder } from "../files/read-migration-folder.ts";
import { resolveOptions } from "../options/resolve-options.ts";
import { findProblems } from "../plan/find-problems.ts";
import { type MigrationStep, planSteps } from "../plan/migration-step.ts";
import { pendingUpTo } from "../plan/pending-up-to.ts";
import { refuseProblems } from "../plan/refuse-problems.ts";
import { refuseUntracked } from "../tracking/ensure-tracking.ts";
import { readTrackingState } from "../tracking/tracking-state.ts";
import { displayTable } from "../tracking/tracking-table.ts";
import type { MigrateUpOptions } from "./migrate-up.ts";
import { withReader } from "./with-runner.ts";

/** A file that `up` would apply. */
export interface PlannedMigration {
  readonly version: number;
  readonly name: string;
  readonly file: string;
  /** False when the file would run statement by statement, without a transaction. */
  readonly transactional: boolean;
  readonly statements: readonly {
    readonly line: number;
    /** The kind of statement as PostgreSQL's parser names it. */
    readonly tag: string;
    readonly text: string;
  }[];
}

/** What `up` would do. */
export interface MigrationPlan {
  /** The tracking table as `schema.name`. */
  readonly table: string;
  /** Whether the tracking table exists; `up` would make it. */
  readonly initialized: boolean;
  /** The newest applied version; 0 for none. */
  readonly from: number;
  /** The newest applied version after `up`. */
  readonly to: number;
  /** In the order in which they would run. */
  readonly migrations: readonly PlannedMigration[];
}

/**
 * Says what {@link migrateUp} would do, and finds everything that would stop it before its first statement. The
 * session is read-only: nothing is written, not even the tracking table.
 *
 * @throws {MigrationError} what `migrateUp` would throw before running
 */
export async function planMigrations(options: MigrateUpOptions): Promise<MigrationPlan> {
  const resolved = resolveOptions(options);
  const files = await readMigrationFolder(resolved.folder);
  return withReader(resolved, async (session) => {
    const state = await readTrackingState(session, resolved.table, "check");
    refuseProblems(findProblems(files, state.applied));
    const steps = await planSteps(pendingUpTo(files, state.applied, options.to), "up");
    if (steps.length > 0) await refuseUntracked(session, resolved.table, state);
    const from = state.applied.at(-1)?.version ?? 0;
    return {
      table: displayTable(resolved.table),
      initialized: state.tableExists,
      from,
      to: steps.at(-1)?.migration.version ?? from,
      migrations: steps.map(describeStep),
    };
  });
}

function describeStep({ migration, script, mode, statements }: MigrationStep): PlannedMigration {
  return {
    version: migration.version,
    name: migration.name,
    file: script.file,
    transactional: mode === "transaction",
    statements: statements.map(({ line, tag, text }) => ({ line, tag, text })),
  };
}
