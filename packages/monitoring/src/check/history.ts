import type { Snapshot } from "../collect/snapshot.ts";

/** What was seen earlier: the newest that is at least so old, in milliseconds, else the oldest there is; null where there is none. */
export type Earlier = (ageMs: number) => Pick<Snapshot, "samples"> | null;

/** What is kept of earlier looks, to count from. */
export interface History {
  /** Keeps a look, at a time of a clock that is never put back, in milliseconds. */
  note(seen: Pick<Snapshot, "samples">, atMs: number): void;
  /** What was seen before a time of that clock. */
  before(atMs: number): Earlier;
}

/** Of each window so many looks are kept. */
const mostKept = 60;

/**
 * Keeps looks of the last `windowMs`, 60 of them at most, and one that is older.
 *
 * @param names the metrics that are counted; nothing else is kept
 */
export function createHistory(names: ReadonlySet<string>, windowMs: number): History {
  let kept: { readonly atMs: number; readonly samples: Snapshot["samples"] }[] = [];
  return {
    note({ samples }, atMs) {
      const last = kept.at(-1);
      if (last !== undefined && atMs - last.atMs < windowMs / mostKept) return;
      const counted = samples.filter(({ metric }) => names.has(metric.name));
      // A look that was not answered is nothing to count from.
      if (counted.length === 0) return;
      kept.push({ atMs, samples: counted });
      const oldest = kept.findLastIndex((one) => atMs - one.atMs >= windowMs);
      kept = kept.slice(Math.max(0, oldest));
    },
    before: (atMs) => (ageMs) =>
      kept.findLast((one) => atMs - one.atMs >= Math.min(ageMs, windowMs)) ?? kept.at(0) ?? null,
  };
}
