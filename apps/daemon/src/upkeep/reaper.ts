import type { Database } from "@mister-smith/client";
import { purgeRetriedDeadLetters } from "@mister-smith/sync";

const batch = 1_000;

/** Deletes what has expired, a batch a statement, until there is nothing left or the signal says to stop. */
export async function reap(database: Database, signal: AbortSignal): Promise<void> {
  const options = { signal };
  await inBatches(signal, () => database.sessions.reap(batch, options));
  await inBatches(signal, () => database.state.reapExpired({ limit: batch }, options));
  await inBatches(signal, () => database.messages.reapExpired(batch, options));
}

/** Removes dead letters that were retried longer ago than they are kept; those that were not wait for a person. */
export async function dropRetried(database: Database, keepMs: number, signal: AbortSignal): Promise<void> {
  await inBatches(signal, () => purgeRetriedDeadLetters(database, { keepMs, limit: batch }, { signal }));
}

async function inBatches(signal: AbortSignal, once: () => Promise<number>): Promise<void> {
  while (!signal.aborted) if ((await once()) < batch) return;
}
