import { z } from "zod";

/**
 * A BIGINT as a `bigint`, exact over all its 64 bits.
 *
 * Takes what drivers make of it: a `bigint`, text (pg), or a number that is a safe integer (Slonik).
 */
export const bigInteger = z.union([z.bigint(), z.int(), z.string().regex(/^-?\d+$/)]).transform(BigInt);
