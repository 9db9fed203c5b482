/** What the bucket holds of a key. */
export interface InBucket {
  readonly sequence: number;
  /** It was written from PostgreSQL. */
  readonly fromPostgres: boolean;
  /** It was written from a later row than there is: PostgreSQL was restored from an older backup since. */
  readonly fromLaterRow: boolean;
  readonly deleted: boolean;
  /** Value and expiry are those of the row. */
  readonly sameAsRow: boolean;
}

/** All that decides what a change of a row means for the bucket. */
export interface MirrorFacts {
  /** The last message of the key; undefined when the bucket has never heard of it, or has evicted it. */
  readonly last: InBucket | undefined;
  readonly rowExists: boolean;
  /** Whether the agent is active, so that its keys are kept in the bucket. */
  readonly agentActive: boolean;
  /** The last message of the bucket that is flushed. */
  readonly flushedTo: number;
}

/** What is done to the bucket; `expected` is the sequence that the key's last message must still have. */
export type MirrorStep =
  | { readonly do: "nothing"; readonly why: "cold" | "not flushed" | "later" | "level" }
  | { readonly do: "put" | "delete"; readonly expected: number };

/**
 * Decides what becomes of the bucket's value when the row has changed by SQL. A value that is not flushed yet wins: it
 * will overwrite the row. But what was itself written from PostgreSQL never will, and so is overwritten, unless it came
 * from a later row than there is: a comparison of both stores tells of that, and brings it back.
 */
export function decideMirror({ last, rowExists, agentActive, flushedTo }: MirrorFacts): MirrorStep {
  if (last === undefined) {
    return rowExists && agentActive ? { do: "put", expected: 0 } : { do: "nothing", why: "cold" };
  }
  if (!last.fromPostgres && last.sequence > flushedTo) return { do: "nothing", why: "not flushed" };
  if (!rowExists) {
    return last.deleted ? { do: "nothing", why: "level" } : { do: "delete", expected: last.sequence };
  }
  if (last.fromLaterRow) return { do: "nothing", why: "later" };
  return last.sameAsRow ? { do: "nothing", why: "level" } : { do: "put", expected: last.sequence };
}
