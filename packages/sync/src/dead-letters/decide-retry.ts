/** What is known of a key whose write is a dead letter. */
export interface RetryLook {
  /** The number of the dead message in the stream. */
  readonly sequence: number;
  /** Whether the stream is still the one that gave it. */
  readonly isSameStream: boolean;
  /** When it was given up, in milliseconds since 1970. */
  readonly parkedAtMs: number;
  /** What the bucket has of the key; undefined for nothing. */
  readonly last: RetryLast | undefined;
  /** When the row was written last, seen from when the message was given up; undefined when there is no row. */
  readonly row: "before" | "then" | "after" | undefined;
}

/** The last message of the key. */
export interface RetryLast {
  readonly sequence: number;
  readonly storedAtMs: number;
  /** Whether it was brought there from PostgreSQL. */
  readonly isFromPostgres: boolean;
}

/** Whether the dead write may be published again: over that message and no other (0 for none), or why not. */
export type RetryDecision = { readonly expect: number } | "newer in the bucket" | "newer in PostgreSQL";

/**
 * Decides whether a dead write is still the newest of its key. In doubt it is not: a write that is refused can be made
 * anew, one that was covered by an older one cannot.
 */
export function decideRetry({ sequence, isSameStream, parkedAtMs, last, row }: RetryLook): RetryDecision {
  if (row === "after") return "newer in PostgreSQL";
  const expect = last?.sequence ?? 0;
  if (last !== undefined && !last.isFromPostgres) {
    // The numbers tell, also of what was written in the same batch.
    if (isSameStream) return last.sequence > sequence ? "newer in the bucket" : { expect };
    if (last.storedAtMs > parkedAtMs) return "newer in the bucket";
  }
  // The bucket does not tell any more, and a row of the same transaction may come from a later message.
  return row === "then" ? "newer in PostgreSQL" : { expect };
}
