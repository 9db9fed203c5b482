import type { Lsn } from "./lsn.ts";
import type { LsnHistory } from "./lsn-history.ts";

/** What is known of the timelines on which writes went. */
export interface WriteTimelines {
  /** The one that was seen first by this process. */
  readonly first: number;
  /** The one that has the writes. */
  readonly latest: number;
}

/** What is known of a replica's branch of the log. */
export interface ReplicaBranch {
  /** The highest timeline that it has shown; undefined when it shows none. */
  readonly timeline: number | undefined;
  /** Whether it has had log that the primary did not have: see {@link isAhead}. */
  readonly wasAhead: boolean;
}

/**
 * Whether a replica is on the branch of the log that the primary writes. One that shows no timeline is trusted as long
 * as no promotion was seen and it has nothing that the primary lacks: a promotion may have left it on the old branch,
 * where positions say nothing about the new one.
 */
export function followsPrimary(
  { timeline, wasAhead }: ReplicaBranch,
  writes: WriteTimelines | undefined,
): boolean {
  if (writes === undefined) return true;
  if (timeline !== undefined) return timeline === writes.latest;
  return writes.latest === writes.first && !wasAhead;
}

/**
 * Whether a replica has log that the primary surely did not have. Being ahead of an older answer of the primary is
 * nothing: it went on meanwhile.
 *
 * @param answeredAt when the replica was at `replayed`, at the latest
 */
export function isAhead(
  { newest, newestAt }: Pick<LsnHistory, "newest" | "newestAt">,
  replayed: Lsn,
  answeredAt: number,
): boolean {
  return newest !== undefined && newestAt !== undefined && newestAt >= answeredAt && replayed > newest;
}
