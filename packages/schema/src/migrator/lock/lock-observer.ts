import { setTimeout as delay } from "node:timers/promises";
import type { BlockingSession } from "../options/migration-event.ts";
import type { ResolvedOptions } from "../options/resolve-options.ts";
import { type MigratorSession, openSession } from "../session/migrator-session.ts";
import { selectBlockers } from "../sql/blocking-session.ts";

/** Sees who keeps a session waiting. Only while it waits does the server know, so a second session must look. */
export interface LockObserver extends AsyncDisposable {
  /** Runs `work` and remembers who was seen blocking it. */
  readonly watch: <Result>(work: () => Promise<Result>) => Promise<Result>;
  /** Who was seen last. */
  readonly lastSeen: () => readonly BlockingSession[];
}

/**
 * Makes an observer of the session with process `pid`. It connects at the first {@link LockObserver.watch}; where
 * it cannot, nobody is seen and the work goes on.
 */
export function createLockObserver(options: ResolvedOptions, pid: number): LockObserver {
  let session: Promise<MigratorSession | undefined> | undefined;
  let seen: readonly BlockingSession[] = [];
  const sampleEveryMs = Math.max(10, Math.min(options.statementLockTimeoutMs / 5, 500));

  const sampleUntil = async (done: AbortSignal): Promise<void> => {
    session ??= openSession({ ...options, readOnly: true }).catch(() => undefined);
    const observer = await session;
    while (observer !== undefined && !done.aborted) {
      const blockers = await observer.any(selectBlockers(pid));
      if (blockers.length > 0) seen = blockers;
      await delay(sampleEveryMs, undefined, { signal: done });
    }
  };

  return {
    lastSeen: () => seen,
    watch: async (work) => {
      const done = new AbortController();
      const sampling = sampleUntil(done.signal).catch(() => undefined);
      try {
        return await work();
      } finally {
        done.abort();
        await sampling;
      }
    },
    [Symbol.asyncDispose]: async () => (await session)?.[Symbol.asyncDispose](),
  };
}
