import { z } from "zod";

/** A whole number within bounds, whose refusal names both bounds. */
export function wholeNumber(minimum: number, maximum: number) {
  const allowed = `a whole number from ${minimum} to ${maximum}`;
  return z.int(allowed).min(minimum, allowed).max(maximum, allowed);
}
