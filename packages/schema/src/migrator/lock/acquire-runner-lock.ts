import { setTimeout as delay } from "node:timers/promises";
import { MigrationError } from "../errors/migration-error.ts";
import type { BlockingSession } from "../options/migration-event.ts";
import type { ResolvedOptions } from "../options/resolve-options.ts";
import type { MigratorSession } from "../session/migrator-session.ts";
import { selectLockHolder, tryRunnerLock } from "../sql/runner-lock.ts";
import { displayTable } from "../tracking/tracking-table.ts";
import { describeBlocker } from "./describe-blocker.ts";
import { runnerLockKey } from "./runner-lock-key.ts";

const firstPauseMs = 50;
const longestPauseMs = 1_000;

/**
 * Takes the lock that lets one runner at a time work on a tracking table. It is given back when the session
 * ends, however it ends.
 *
 * It is tried and tried again. Waiting for it inside the server would keep a snapshot open, for which the
 * holder's CREATE INDEX CONCURRENTLY waits in turn: a deadlock that ends with an invalid index.
 *
 * @throws {MigrationError} MIGRATION_LOCKED with the holder once `runnerLockTimeoutMs` have passed
 */
export async function acquireRunnerLock(session: MigratorSession, options: ResolvedOptions): Promise<void> {
  const key = runnerLockKey(options.table);
  const started = performance.now();
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
    const [answer] = await session.any(tryRunnerLock(key));
    if (answer?.locked === true) return;
    const waitedMs = performance.now() - started;
    const [holder = null] = await session.any(selectLockHolder(key));
    if (waitedMs >= options.runnerLockTimeoutMs) throw lockedError(options, holder, waitedMs);
    options.emit({ type: "waiting-for-runner", waitedMs, holder });
    const remainingMs = options.runnerLockTimeoutMs - waitedMs;
    // Jitter, or runners that started together would ask together every time.
    const jitteredMs = Math.min(pauseMs * (0.5 + Math.random()), remainingMs);
    await delay(jitteredMs, undefined, { signal: options.signal });
  }
}

function lockedError(
  { table }: ResolvedOptions,
  holder: BlockingSession | null,
  waitedMs: number,
): MigrationError {
  const who = holder === null ? "a session that has just left" : describeBlocker(holder);
  return new MigrationError(
    "MIGRATION_LOCKED",
    `another runner has worked on ${displayTable(table)} for ${Math.round(waitedMs / 1000)} s: ${who}`,
    {
      retryable: true,
      hint: "Wait for it to finish and run the command again. If it hangs, end it with SELECT pg_terminate_backend(pid): what it has not committed is rolled back.",
      details: { holder },
    },
  );
}
