import { setTimeout as sleep } from "node:timers/promises";

/** The clock that a pacer goes by. */
export interface Clock {
  /** Milliseconds since any fixed moment; never goes back. */
  now(): number;
  /** Rejects when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, { signal });
  },
};

/** Waits until the next step may begin. Rejects when the signal is aborted. */
export type Pacer = (signal: AbortSignal) => Promise<void>;

/**
 * Lets steps begin at most `stepsPerSecond` times a second over all who call it, evenly. A slot that nobody used
 * is not made up for. A rate of 0 lets every step begin at once.
 */
export function createPacer(stepsPerSecond: number, clock: Clock = systemClock): Pacer {
  if (stepsPerSecond === 0) return async () => {};
  const intervalMs = 1000 / stepsPerSecond;
  let nextSlot = Number.NEGATIVE_INFINITY;
  return async (signal) => {
    const now = clock.now();
    const slot = Math.max(now, nextSlot);
    nextSlot = slot + intervalMs;
    if (slot > now) await clock.sleep(slot - now, signal);
  };
}
