import type { Sample } from "../metrics/metric.ts";

/**
 * How a collector stands:
 * - `ok`: it was answered
 * - `not visible`: it was answered, but the role may not see some of it
 * - `unsupported`: this server cannot tell
 * - `stale`: it was not answered now, but earlier
 * - `failed`: it was not answered, and never was
 */
export type CollectorState = "ok" | "not visible" | "unsupported" | "stale" | "failed";

/** What became of one collector. */
export interface CollectorReport {
  readonly name: string;
  readonly state: CollectorState;
  /** When it was last answered; null for never. */
  readonly answeredAt: Date | null;
  /** How long the last answer took, in milliseconds; null for none. */
  readonly durationMs: number | null;
  /** What went wrong in the last try; null for nothing. */
  readonly error: unknown;
}

/** What a look gave. */
export interface Snapshot {
  readonly at: Date;
  /** The values of those that are `ok` or `not visible`: nothing old, and no 0 for what is not known. */
  readonly samples: readonly Sample[];
  readonly collectors: readonly CollectorReport[];
}
