import { z } from "zod";

/** The number of dimensions of every stored embedding. */
export const embeddingDimensions = 1536;

const numbers = z.array(z.number()).length(embeddingDimensions);

/**
 * An embedding as an array of numbers.
 *
 * Takes what drivers make of REAL[] (an array) and of pgvector's type (text such as `[1,2,3]`): the column is the
 * one or the other, see `knowledge.enable_vectors()`.
 */
export const embeddingVector = z.union([
  numbers,
  z
    .string()
    .regex(/^\[[-+.,\deE]*\]$/)
    .transform((text) => text.slice(1, -1).split(",").map(Number))
    .pipe(numbers),
]);
