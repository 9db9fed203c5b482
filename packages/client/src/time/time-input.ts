import { z } from "zod";

/**
 * The zod schema of a time of the years that are written with four digits, 1 to 9999: PostgreSQL does not read what
 * `toISOString` makes of others.
 */
export const writtenTime = timeBetween("0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z");

const earliest = "-004713-11-24T00:00:00.000Z";
const latest = "+275760-09-12T00:00:00.000Z";

/**
 * The zod schema of a time that TIMESTAMPTZ and `Date` can both hold, from 4713 BC on: for what was or will be. It is to be
 * sent as a number, not as text; a millisecond may be added to it.
 */
export const anyTime = timeBetween(earliest, latest);

/** The range of {@link anyTime}, for messages. */
export const rangeOfAnyTime = rangeOf(earliest, latest);

/** A thousand years in milliseconds. More is a mistake of the unit, and soon more than PostgreSQL can add to a time. */
export const longestMs = 31_556_952_000_000;

function timeBetween(from: string, to: string): z.ZodDate {
  const error = `must be ${rangeOf(from, to)}`;
  return z.date().min(new Date(from), { error }).max(new Date(to), { error });
}

function rangeOf(from: string, to: string): string {
  return `from ${from} to ${to}`;
}
