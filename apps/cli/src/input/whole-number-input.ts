import { z } from "zod";

/** A whole number within bounds, as text; the refusal names both bounds. */
export function wholeNumberInput(minimum: number, maximum: number) {
  const allowed = `expected a whole number from ${minimum} to ${maximum}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, allowed)
    .transform(Number)
    .refine((number) => number >= minimum && number <= maximum, allowed);
}
