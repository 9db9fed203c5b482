import { z } from "zod";
import { sql } from "../statement/sql.ts";
import type { SqlFragment } from "../statement/sql-tag.ts";

/**
 * A place in a list that is ordered by a time and, where times are equal, an identifier. The time is text of
 * microseconds: a `Date` has milliseconds only, and rows of the same millisecond would be lost or repeated.
 */
export const timePosition = z.tuple([
  z
    .string()
    .regex(/^(\d{4}|[1-9]\d{4,5})-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    .refine(isTime),
  z.guid(),
]);
/** A place in a list that is ordered by a time and an identifier. */
export type TimePosition = z.output<typeof timePosition>;

// There is no 30th of February, and no second 61.
function isTime(text: string): boolean {
  const year = text.slice(0, text.indexOf("-"));
  const yearOfDate = year.length === 4 ? year : `+${year.padStart(6, "0")}`;
  const milliseconds = `${yearOfDate}${text.slice(year.length, -4)}Z`;
  const date = new Date(milliseconds);
  return !Number.isNaN(date.getTime()) && date.toISOString() === milliseconds && Number(year) > 0;
}

/** The time of a row as {@link timePosition} holds it. */
export function exactTime(column: SqlFragment): SqlFragment {
  return sql.fragment`pg_catalog.to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

/** The condition that a row comes after a place, newest first; true for the start of the list. */
export function olderThan(position: TimePosition | null, time: SqlFragment, id: SqlFragment): SqlFragment {
  if (position === null) return sql.fragment`TRUE`;
  return sql.fragment`(${time}, ${id}) < (${position[0]}::TIMESTAMPTZ, ${position[1]}::UUID)`;
}
