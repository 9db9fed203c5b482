/** What changes as a relay works. */
export interface RelayCounters {
  published: number;
  duplicates: number;
  parked: number;
  failures: number;
  /** By `performance.now()`: when it last came further, or saw that there was nothing to do. */
  progressAt: number;
  why: string | undefined;
  /** Kinds of subjects of which nothing gets through: since when, by `performance.now()`, and why. */
  readonly held: Map<string, Held>;
}

/** What keeps the events of one kind of subjects. */
export interface Held {
  readonly since: number;
  readonly why: string;
}

/** The kind of which nothing has got through for longest. */
export function longestHeld({ held }: RelayCounters): (Held & { readonly family: string }) | undefined {
  // The one that was held first comes first.
  for (const [family, one] of held) return { family, ...one };
  return undefined;
}
