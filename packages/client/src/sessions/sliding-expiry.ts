import { z } from "zod";

/** How the use of a session keeps it. */
export interface SlidingExpiry {
  /** It counts at least this long from now on, in milliseconds. It is never shortened. Default: it expires as it did. */
  readonly extendMs?: number | undefined;
  /** However it is used, it counts no longer than this from its beginning, in milliseconds. Default: no limit. */
  readonly maxLifetimeMs?: number | undefined;
  /** Nothing is written when the last use is not as long ago, in milliseconds. Default: 60,000. */
  readonly atMostEveryMs?: number | undefined;
}

/** The zod schema of {@link SlidingExpiry}. */
export const slidingExpiry = z.strictObject({
  extendMs: z.number().positive().max(315_576_000_000).optional(),
  maxLifetimeMs: z.number().positive().max(315_576_000_000).optional(),
  atMostEveryMs: z.number().min(0).max(315_576_000_000).default(60_000),
});
