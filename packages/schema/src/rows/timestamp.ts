import { z } from "zod";

/**
 * A TIMESTAMPTZ as a `Date`, to the millisecond.
 *
 * Takes what drivers make of it: a `Date` (pg), milliseconds since 1970 (Slonik), or the server's text. The
 * values `infinity` and `-infinity` are no date and are refused.
 */
export const timestamp = z.union([z.date(), z.number(), z.string()]).transform((value, context) => {
  const date = new Date(value);
  if (!Number.isNaN(date.getTime())) return date;
  context.issues.push({ code: "custom", message: `not a point in time: ${String(value)}`, input: value });
  return z.NEVER;
});
