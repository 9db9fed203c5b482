import { z } from "zod";

/** A NUMERIC with few digits, or a DOUBLE PRECISION, as a number. Takes a number (Slonik) or the server's text (pg). */
export const decimal = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d+(\.\d+)?(e[+-]\d+)?$/)
    .transform(Number),
]);
