import { setTimeout as pause } from "node:timers/promises";
import type { Database } from "@mister-smith/client";
import { SmithError } from "@mister-smith/errors";
import { type Position, readPosition } from "@mister-smith/sync";

/** What is waited for. */
export interface FlushWait {
  /** The number of the last message. */
  readonly revision: number;
  /** When the bucket was made that has it, in milliseconds since 1970. */
  readonly createdMs: number;
  /** How long PostgreSQL may get nothing of what waits, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** What is known of why it takes so long. */
  readonly why: () => string | undefined;
  /** Told how many messages are still to come, at most. */
  readonly onWaiting?: ((messages: number) => void) | undefined;
}

/** How often the position is looked at, in milliseconds. */
const pollMs = 50;

/**
 * Resolves when PostgreSQL has every message of the bucket up to this one, dead letters aside.
 *
 * @throws SmithError `STATE_NOT_FLUSHED` when it has got nothing for so long
 */
export async function waitUntilFlushed(database: Database, wait: FlushWait): Promise<void> {
  const { revision, createdMs, timeoutMs, signal } = wait;
  let before: Position | undefined;
  let movedAt = performance.now();
  for (;;) {
    signal.throwIfAborted();
    const position = await readPosition(database);
    const flushed = position?.createdMs === createdMs ? position.sequence : 0;
    if (flushed >= revision) return;
    wait.onWaiting?.(revision - flushed);
    if (position?.sequence !== before?.sequence || position?.incarnation !== before?.incarnation)
      movedAt = performance.now();
    before = position;
    if (performance.now() - movedAt > timeoutMs) throw notFlushed(wait, flushed);
    await pause(pollMs, undefined, { signal });
  }
}

function notFlushed({ revision, timeoutMs, why }: FlushWait, flushed: number): SmithError {
  const reason = why();
  return new SmithError(
    "STATE_NOT_FLUSHED",
    `JetStream has the state of the runs, but PostgreSQL has got nothing of it for ${timeoutMs / 1000} s` +
      `${reason === undefined ? "" : `: ${reason}`}`,
    {
      retryable: true,
      hint: "`smith sync status` says what holds it up; then run the same command again, which does the rest.",
      details: { revision, flushed },
    },
  );
}
