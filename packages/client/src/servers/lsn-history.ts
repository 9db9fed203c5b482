import type { Lsn } from "./lsn.ts";

interface Sample {
  readonly lsn: Lsn;
  /** When the primary was last seen at this position. */
  at: number;
}

/** Where the primary was, and when, by the clock of this process alone. */
export interface LsnHistory {
  /** The newest position known; undefined before the first. */
  readonly newest: Lsn | undefined;
  /** When the newest position was last confirmed. */
  readonly newestAt: number | undefined;
  observe(lsn: Lsn, at: number): void;
  /** When the primary was last known to be at `lsn` or before it; undefined when that was before the first sample. */
  lastAt(lsn: Lsn): number | undefined;
  /** Forgets everything: another timeline has begun. */
  clear(): void;
}

/**
 * Remembers up to `capacity` samples. When it is full, every second one is forgotten: the past grows coarser, and a
 * lag that is read from it can only come out larger than it is.
 */
export function lsnHistory(capacity = 1_000): LsnHistory {
  let samples: Sample[] = [];
  return {
    get newest() {
      return samples.at(-1)?.lsn;
    },
    get newestAt() {
      return samples.at(-1)?.at;
    },
    observe(lsn, at) {
      const last = samples.at(-1);
      // An answer that was overtaken by a later one.
      if (last !== undefined && lsn < last.lsn) return;
      if (last?.lsn === lsn) {
        last.at = Math.max(last.at, at);
        return;
      }
      samples.push({ lsn, at });
      if (samples.length > capacity) samples = everySecond(samples);
    },
    lastAt: (lsn) => samples.findLast((sample) => sample.lsn <= lsn)?.at,
    clear() {
      samples = [];
    },
  };
}

/** Keeps the newest. */
function everySecond<Item>(items: readonly Item[]): Item[] {
  return items.filter((_, index) => (items.length - 1 - index) % 2 === 0);
}
