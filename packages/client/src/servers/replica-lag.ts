import type { Lsn } from "./lsn.ts";
import type { LsnHistory } from "./lsn-history.ts";

/** How far a replica is behind; undefined where that is not known. */
export interface ReplicaLag {
  /** For how long the primary has had something that the replica has not replayed, at most. */
  readonly ms: number | undefined;
  /** Bytes of write-ahead log that it has still to replay. */
  readonly bytes: number | undefined;
}

/** What reads from a replica accept. */
export interface LagBound {
  readonly maxLagMs: number;
  readonly maxLagBytes: number;
}

/**
 * Measures the lag of a replica by where the primary was and when. No server's clock is asked, so that clocks that
 * differ do no harm; an idle primary makes no lag, and a replica that receives nothing falls behind with each write.
 *
 * @param now the time at which the primary was last known to run: while it is down nothing new can be missing
 */
export function replicaLag(history: LsnHistory, replayed: Lsn, now: number): ReplicaLag {
  const { newest } = history;
  if (newest === undefined) return { ms: undefined, bytes: undefined };
  if (replayed >= newest) return { ms: 0, bytes: 0 };
  const at = history.lastAt(replayed);
  return {
    ms: at === undefined ? undefined : Math.max(0, now - at),
    bytes: Number(newest - replayed),
  };
}

/** Whether a read may go there: a lag that is not known is too much. */
export function isWithin(lag: ReplicaLag, bound: LagBound): boolean {
  return (lag.ms ?? Infinity) <= bound.maxLagMs && (lag.bytes ?? Infinity) <= bound.maxLagBytes;
}
