import { z } from "zod";

/** A whole number within bounds, whose refusal names both bounds. */
export function wholeNumber(minimum: number, maximum: number) {
  const allowed = `a whole number from ${minimum} to ${maximum}`;
  return z.int(allowed).min(minimum, allowed).max(maximum, allowed);
}

const day = 86_400_000;

/** A time in milliseconds in which something may be kept; 0 is without limit. */
export const ageMs = () => wholeNumber(0, 3_650 * day);

/** A number of messages or bytes; 0 is without limit. */
export const limit = () => wholeNumber(0, Number.MAX_SAFE_INTEGER);
