/** What the statistics count of the rows of a table, or of one part of a partitioned one. */
export interface CountedChanges {
  readonly inserted: number;
  readonly updated: number;
  /** Of the updated ones those that touched no index. */
  readonly updatedHot: number;
  readonly deleted: number;
  /** How many of all these came after the last ANALYZE, or all where there was none. */
  readonly sinceAnalyze: number;
  /** When that was, in seconds since 1970; null for never since the counters began. */
  readonly analyzedAt: number | null;
}

/** Since when things are on record, in seconds since 1970. */
export interface RecordedSince {
  readonly statements: number;
  readonly counters: number;
}

/**
 * What share of the counted changes came while statements were recorded, from 0 to 1. Only fixed moments decide, never the
 * clock: that time goes by changes nothing. Since the last ANALYZE changes are counted apart; those before it are taken to have
 * come evenly from the time when the counters began.
 */
export function shareRecorded(
  { inserted, updated, deleted, sinceAnalyze, analyzedAt }: CountedChanges,
  since: RecordedSince,
): number {
  const all = inserted + updated + deleted;
  if (all === 0) return 0;
  if (since.counters >= since.statements) return 1;
  const late = Math.min(all, sinceAnalyze);
  if (analyzedAt === null || analyzedAt <= since.statements) return late / all;
  const early = (analyzedAt - since.statements) / (analyzedAt - since.counters);
  return Math.min(1, (late + (all - late) * early) / all);
}
