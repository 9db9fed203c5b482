import { SyncError } from "../errors/sync-error.ts";
import type { ConflictStrategy, WatchOptions, WriteOptions } from "./state-entry.ts";

const durabilities: readonly unknown[] = [undefined, "stored", "durable"];

/**
 * Refuses what cannot be meant, before anything is sent.
 *
 * @throws SyncError `INVALID_INPUT`
 */
export function checkWriting(writing: WriteOptions): void {
  // A caller without types may give anything.
  const given: unknown = writing;
  if (typeof given !== "object" || given === null) throw invalid(given, "no options", "Give an object.");
  const { durability, writeId } = writing;
  if (!durabilities.includes(durability))
    throw invalid(durability, "no durability", 'It is "stored" or "durable".');
  if (writeId !== undefined && (typeof writeId !== "string" || writeId === ""))
    throw invalid(writeId, "no writeId", "Give a text that no other write has.");
}

/** @throws SyncError `INVALID_INPUT` for what is no number of a message, nor 0 */
export function checkRevision(revision: unknown): void {
  if (!Number.isSafeInteger(revision) || Number(revision) < 0)
    throw invalid(revision, "no revision", "Give the revision that was read; 0 stands for no value.");
}

/** @throws SyncError `INVALID_INPUT` for a strategy that there is not */
export function checkStrategy(onConflict: ConflictStrategy<unknown>): void {
  if (onConflict === "last-write-wins" || typeof onConflict === "function") return;
  const given: unknown = onConflict;
  if (typeof given === "object" && given !== null && "expectedRevision" in given)
    checkRevision(given.expectedRevision);
  else
    throw invalid(
      given,
      "no strategy for conflicts",
      'It is "last-write-wins", { expectedRevision }, or a function that merges.',
    );
}

/** @throws SyncError `INVALID_INPUT` for what is no number of calls */
export function checkConcurrency(concurrency: number): number {
  if (Number.isSafeInteger(concurrency) && concurrency > 0) return concurrency;
  throw invalid(concurrency, "no concurrency", "Give a whole number of 1 or more.");
}

/** @throws SyncError `INVALID_INPUT` for a beginning that there is not */
export function checkBeginning(from: NonNullable<WatchOptions["from"]>): void {
  if (from === "new" || from === "current") return;
  const given: unknown = from;
  if (typeof given === "object" && given !== null && "afterRevision" in given)
    checkRevision(given.afterRevision);
  else throw invalid(given, "nothing to begin with", 'It is "current", "new", or { afterRevision }.');
}

function invalid(value: unknown, what: string, hint: string): SyncError {
  const shown = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return new SyncError("INVALID_INPUT", `${shown} is ${what}`, {
    hint,
    details: { outcome: "not written" },
  });
}
