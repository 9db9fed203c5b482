/** What changes as a relay works. */
export interface RelayCounters {
  published: number;
  duplicates: number;
  parked: number;
  failures: number;
  /** By `performance.now()`: when it last came further, or saw that there was nothing to do. */
  progressAt: number;
  why: string | undefined;
}
