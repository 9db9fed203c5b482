import type { Database } from "@mister-smith/client";
import { purgeRetriedDeadLetters } from "@mister-smith/sync";
import type { Upkeep } from "./yielding.ts";

const batch = 1_000;

/** Deletes what has expired, a batch a transaction, until there is nothing left or the signal says to stop. */
export async function reap(upkeep: Upkeep, signal: AbortSignal): Promise<void> {
  await inBatches(signal, () => upkeep.transaction((tx) => tx.sessions.reap(batch), signal));
  await inBatches(signal, () => upkeep.transaction((tx) => tx.state.reapExpired({ limit: batch }), signal));
  await inBatches(signal, () => upkeep.transaction((tx) => tx.messages.reapExpired(batch), signal));
}

/** Removes dead letters that were retried longer ago than they are kept; those that were not wait for a person. */
export async function dropRetried(database: Database, keepMs: number, signal: AbortSignal): Promise<void> {
  await inBatches(signal, () => purgeRetriedDeadLetters(database, { keepMs, limit: batch }, { signal }));
}

async function inBatches(signal: AbortSignal, once: () => Promise<number>): Promise<void> {
  while (!signal.aborted) if ((await once()) < batch) return;
}
