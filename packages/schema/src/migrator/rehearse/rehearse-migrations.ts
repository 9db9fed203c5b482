import { withRunner } from "../commands/with-runner.ts";
import { MigrationError } from "../errors/migration-error.ts";
import type { RunContext } from "../execute/run-context.ts";
import { readMigrationFolder } from "../files/read-migration-folder.ts";
import type { MigratorOptions } from "../options/migrator-options.ts";
import { resolveOptions } from "../options/resolve-options.ts";
import { findProblems } from "../plan/find-problems.ts";
import { type MigrationStep, planSteps } from "../plan/migration-step.ts";
import { pendingUpTo } from "../plan/pending-up-to.ts";
import { refuseProblems } from "../plan/refuse-problems.ts";
import { ensureTracking, refuseUntracked } from "../tracking/ensure-tracking.ts";
import { readTrackingState, type TrackingState } from "../tracking/tracking-state.ts";
import { displayTable } from "../tracking/tracking-table.ts";
import { Rehearsal } from "./rehearsal.ts";
import type { RehearsedFile, RehearseResult } from "./rehearse-result.ts";
import { StatementMeter } from "./statement-meter.ts";

/** Options of {@link rehearseMigrations}. */
export interface RehearseOptions extends MigratorOptions {
  /** The last version to rehearse. Default: the newest file. */
  readonly to?: number;
  /**
   * How long the whole rehearsal may take, in milliseconds; then it is rolled back. Default: 60000. 0: no limit.
   */
  readonly timeLimitMs?: number;
}

/**
 * Runs the files that wait for real, in one transaction that is rolled back, and reports for each statement how
 * long it took, the strongest lock that it took on each relation, the rows it touched and what it wrote anew.
 *
 * Nothing remains but the numbers that sequences have handed out. **The locks are real and are held until the
 * rehearsal ends**: what the report calls ACCESS EXCLUSIVE keeps everybody away from that table meanwhile. On a
 * busy database use `timeLimitMs`, or rehearse on a copy. A lock that is not granted within
 * `statementLockTimeoutMs` ends the rehearsal, so that it never queues the application behind it.
 *
 * A lock that an earlier statement holds already is not listed again. Files that cannot run in a transaction are
 * named and left out; a file that fails behind one is reported as unknown. Other effects beyond the transaction
 * (dblink, COPY to a program) happen: do not rehearse files with such.
 *
 * @throws {MigrationError} what {@link migrateUp} throws before anything runs, and MIGRATION_CANCELLED
 */
export async function rehearseMigrations(options: RehearseOptions): Promise<RehearseResult> {
  const started = performance.now();
  const resolved = resolveOptions(options);
  const limitMs = readLimit(options.timeLimitMs ?? 60_000);
  const files = await readMigrationFolder(resolved.folder);
  return withRunner(
    resolved,
    async (context) => {
      const state = await readTrackingState(context.session, resolved.table);
      refuseProblems(findProblems(files, state.applied));
      const steps = await planSteps(pendingUpTo(files, state.applied, options.to), "up");
      if (steps.length > 0) await refuseUntracked(context.session, resolved.table, state);
      const deadline = limitMs === 0 ? Number.POSITIVE_INFINITY : performance.now() + limitMs;
      const rehearsed = await inLostTransaction(context, () => runAll(context, state, steps, deadline));
      return {
        ok: rehearsed.every(
          ({ outcome }) => outcome === "ok" || outcome === "not-rehearsable" || outcome === "unknown",
        ),
        complete: rehearsed.every(({ outcome }) => outcome === "ok"),
        table: displayTable(resolved.table),
        from: state.applied.at(-1)?.version ?? 0,
        files: rehearsed,
        durationMs: performance.now() - started,
      };
    },
    "rehearse the migrations",
  );
}

async function runAll(
  context: RunContext,
  state: TrackingState,
  steps: readonly MigrationStep[],
  deadline: number,
): Promise<readonly RehearsedFile[]> {
  const { session, options } = context;
  if (steps.length === 0) return [];
  const meter = await StatementMeter.start(session);
  // A migration may grant rights on the tracking table, so it must be there as it would be for real.
  await ensureTracking(session, options.table, state);
  await meter.look();
  const rehearsal = new Rehearsal(context, meter, deadline);
  const files: RehearsedFile[] = [];
  for (const step of steps) files.push(await rehearsal.file(step));
  return files;
}

/** Whatever happens inside, it is rolled back: by command, or by the end of the connection. */
async function inLostTransaction<Result>(
  { session }: RunContext,
  work: () => Promise<Result>,
): Promise<Result> {
  await session.client.query("BEGIN");
  try {
    return await work();
  } finally {
    await session.client.query("ROLLBACK").catch(() => undefined);
  }
}

function readLimit(value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= 2_147_483_647) return value;
  throw new MigrationError(
    "MIGRATION_USAGE",
    `"timeLimitMs" is ${value}, and must be a whole number from 0`,
    {
      hint: "Give milliseconds; 0 means no limit.",
      details: { option: "timeLimitMs", given: value },
    },
  );
}
