import { asDatabaseError, isSmithError } from "@mister-smith/errors";
import { MigrationError } from "../errors/migration-error.ts";
import type { RunContext } from "../execute/run-context.ts";
import { acquireRunnerLock } from "../lock/acquire-runner-lock.ts";
import { createLockObserver } from "../lock/lock-observer.ts";
import type { ResolvedOptions } from "../options/resolve-options.ts";
import { cancelOnAbort } from "../session/cancel-on-abort.ts";
import { type MigratorSession, openSession } from "../session/migrator-session.ts";

/** Connects, takes the runners' lock, runs `work`, and leaves nothing open however it ends. */
export async function withRunner<Result>(
  options: ResolvedOptions,
  work: (context: RunContext) => Promise<Result>,
): Promise<Result> {
  options.signal?.throwIfAborted();
  await using session = await openSession({ ...options, readOnly: false });
  await using observer = createLockObserver(options, session.pid);
  using _cancel = cancelOnAbort(options, session.pid);
  return await inMigratorsWords(options, async () => {
    await acquireRunnerLock(session, options);
    return await work({ session, options, observer });
  });
}

/** Connects for reading alone: without the lock, and the server refuses every write. */
export async function withReader<Result>(
  options: ResolvedOptions,
  work: (session: MigratorSession) => Promise<Result>,
): Promise<Result> {
  options.signal?.throwIfAborted();
  await using session = await openSession({ ...options, readOnly: true });
  using _cancel = cancelOnAbort(options, session.pid);
  return await inMigratorsWords(options, () => work(session));
}

async function inMigratorsWords<Result>(
  { signal }: ResolvedOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof MigrationError) throw error;
    if (signal?.aborted === true) {
      throw new MigrationError("MIGRATION_CANCELLED", "cancelled before a migration ran", { cause: error });
    }
    throw isSmithError(error) ? error : fromDatabase(error);
  }
}

function fromDatabase(error: unknown): MigrationError {
  const cause = asDatabaseError(error, "read or write the record of the migrations");
  const code = cause.errorClass === "permission" ? "MIGRATION_PERMISSION" : "MIGRATION_FAILED";
  return new MigrationError(code, cause.message, {
    cause: error,
    retryable: cause.retryable,
    ...(cause.hint === undefined ? {} : { hint: cause.hint }),
    details: cause.details,
  });
}
