import { z } from "zod";
import { sql } from "../statement/sql.ts";
import type { SqlFragment } from "../statement/sql-tag.ts";
import { anyTime, rangeOfAnyTime } from "../time/time-input.ts";

/**
 * Of which time facts are asked for: those valid now, by the clock of the server that answers; those valid at a
 * moment; or all that ever were.
 *
 * A `Date` has milliseconds, PostgreSQL microseconds. A moment stands for its whole millisecond, and the answer is what
 * was valid at its end: a fact is found at the `validFrom` that it was read with, and no more at its `validUntil`.
 */
export type ValidAt = Date | "now" | "ever";

export const validAt = z
  .union([anyTime, z.literal("now"), z.literal("ever")], {
    error: `must be "now", "ever" or a time ${rangeOfAnyTime}`,
  })
  .default("now");

/** The condition on `knowledge.facts AS f`. */
export function whereValid(at: ValidAt): SqlFragment {
  if (at === "ever") return sql.fragment`TRUE`;
  // The statement's time, not the transaction's: within a transaction, what was just recorded is valid.
  if (at === "now") {
    return sql.fragment`(
      f.valid_from <= statement_timestamp() AND (f.valid_until IS NULL OR f.valid_until > statement_timestamp())
    )`;
  }
  const end = afterMillisecond(at);
  return sql.fragment`(f.valid_from < ${end} AND (f.valid_until IS NULL OR f.valid_until >= ${end}))`;
}

/** The first moment after the millisecond that a `Date` stands for. */
export function afterMillisecond(moment: Date) {
  return sql.timestamp(new Date(moment.getTime() + 1));
}
