import { MigrationError } from "../errors/migration-error.ts";
import { runnerLockKey } from "../lock/runner-lock-key.ts";
import type { MigrationStep } from "../plan/migration-step.ts";
import { selectHoldsRunnerLock } from "../sql/holds-runner-lock.ts";
import { stateOf } from "./failure-hint.ts";
import type { RunContext } from "./run-context.ts";
import { StatementFailure } from "./statement-failure.ts";

/**
 * Why a file could not be recorded, when that is because it gave back the lock of the runners: another one may be
 * at work on the same file by now. Undefined when the lock is held, or nobody can tell.
 */
export async function releasedLock(
  { session, options }: RunContext,
  step: MigrationStep,
  error: unknown,
): Promise<MigrationError | undefined> {
  if (!(error instanceof StatementFailure) || error.statement !== undefined) return undefined;
  const query = selectHoldsRunnerLock(runnerLockKey(options.table));
  const [found] = await session.any(query).catch(() => []);
  if (found === undefined || found.holds) return undefined;
  const { file } = step.script;
  return new MigrationError(
    "MIGRATION_FAILED",
    `${file}, at its end: it has given back the lock that keeps other runners out`,
    {
      cause: error.cause,
      hint: `${stateOf(step, error, "other")} Take the call of pg_advisory_unlock… out of what it runs, its blocks and functions included; for a lock of its own use pg_advisory_xact_lock, which needs none.`,
      details: { file, version: step.migration.version, direction: step.direction },
    },
  );
}
