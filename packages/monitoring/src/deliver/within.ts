import { setTimeout as pause } from "node:timers/promises";

/** How long something that has begun may go on after it was asked to stop, in milliseconds. */
const graceMs = 5_000;

/**
 * Waits for what a channel does, for so long at most, and for some seconds once the signal is aborted.
 *
 * @throws what it throws; Error when it takes longer
 */
export async function within(work: Promise<void>, mostMs: number, signal: AbortSignal): Promise<void> {
  const ended = new AbortController();
  const late = async (ms: number, why: string) => {
    await pause(ms, undefined, { signal: ended.signal, ref: false });
    throw new Error(why);
  };
  const stopped = new Promise<void>((_, reject) => {
    const onAbort = () => late(graceMs, "it was told to stop meanwhile").catch(reject);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true, signal: ended.signal });
  });
  try {
    await Promise.race([work, late(mostMs, `it took longer than ${mostMs} ms`), stopped]);
  } finally {
    ended.abort();
    // What lost the race fails unheard.
    work.catch(() => {});
  }
}
