import { z } from "zod";

/** Text that a column takes as it is given: not empty, without U+0000, of at most `most` characters. */
export function textInput(most = Number.POSITIVE_INFINITY): z.ZodString {
  return z
    .string()
    .min(1)
    .refine((text) => !text.includes("\0"), "contains U+0000, which PostgreSQL cannot store")
    .refine((text) => text.isWellFormed(), "contains half of a surrogate pair")
    .refine(
      (text) => text.length <= most || [...text].length <= most,
      `longer than the ${most} characters that are kept`,
    );
}
