import type { ClaimDesk } from "./claim-desk.ts";

/** Types of tasks that are claimed together: a type with a `concurrency` of its own, or all that have none. */
export interface Lane<Waiting = unknown> {
  readonly taskTypes: readonly string[];
  /** How many of its handlers may run at once. */
  readonly concurrency: number;
  readonly prefetch: number;
  readonly desk: ClaimDesk;
  /** How many of its handlers run. */
  running: number;
  /** What was claimed and has no handler yet. */
  readonly waiting: Waiting[];
}
