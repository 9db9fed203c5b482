import { asDatabaseError, type DatabaseErrorClass, isSmithError } from "@mister-smith/errors";
import { MigrationError, type MigrationErrorCode } from "../errors/migration-error.ts";
import { readOnlyHint } from "../execute/failure-hint.ts";
import type { RunContext } from "../execute/run-context.ts";
import { acquireRunnerLock } from "../lock/acquire-runner-lock.ts";
import { createLockObserver } from "../lock/lock-observer.ts";
import type { ResolvedOptions } from "../options/resolve-options.ts";
import { cancelOnAbort } from "../session/cancel-on-abort.ts";
import { type MigratorSession, openSession } from "../session/migrator-session.ts";

// Files explain their own failures: what is left to the others is the record.
const withTheRecord = "read or write the record of the migrations";

/**
 * Connects, takes the runners' lock, runs `work`, and leaves nothing open however it ends.
 *
 * @param doing what is being done, as "cannot …" would continue when the server refuses it. Default: reading or
 *   writing the record
 */
export async function withRunner<Result>(
  options: ResolvedOptions,
  work: (context: RunContext) => Promise<Result>,
  doing: string = withTheRecord,
): Promise<Result> {
  return await inMigratorsWords(options, doing, async () => {
    await using session = await openSession({ ...options, readOnly: false });
    await using observer = createLockObserver(options, session.pid);
    using _cancel = cancelOnAbort(options, session.pid);
    await acquireRunnerLock(session, options);
    return await work({ session, options, observer });
  });
}

/** Connects for reading alone: without the lock, and the server refuses every write. */
export async function withReader<Result>(
  options: ResolvedOptions,
  work: (session: MigratorSession) => Promise<Result>,
): Promise<Result> {
  return await inMigratorsWords(options, withTheRecord, async () => {
    await using session = await openSession({ ...options, readOnly: true });
    using _cancel = cancelOnAbort(options, session.pid);
    return await work(session);
  });
}

async function inMigratorsWords<Result>(
  { signal }: ResolvedOptions,
  doing: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    signal?.throwIfAborted();
    return await work();
  } catch (error) {
    if (error instanceof MigrationError) throw error;
    if (signal?.aborted === true) {
      throw new MigrationError("MIGRATION_CANCELLED", "cancelled before a migration ran", { cause: error });
    }
    throw isSmithError(error) ? error : fromDatabase(error, doing);
  }
}

const codes: Readonly<Partial<Record<DatabaseErrorClass, MigrationErrorCode>>> = {
  permission: "MIGRATION_PERMISSION",
  connection: "MIGRATION_CONNECTION_LOST",
};

function fromDatabase(error: unknown, doing: string): MigrationError {
  const cause = asDatabaseError(error, doing);
  const hint = cause.errorClass === "read-only" ? readOnlyHint : cause.hint;
  return new MigrationError(codes[cause.errorClass] ?? "MIGRATION_FAILED", cause.message, {
    cause: error,
    retryable: cause.retryable,
    ...(hint === undefined ? {} : { hint }),
    details: cause.details,
  });
}
