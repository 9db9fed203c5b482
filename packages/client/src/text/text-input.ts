import { z } from "zod";

/** Text that a column takes as it is given: not empty, without U+0000, of at most `most` characters. */
export function textInput(most = Number.POSITIVE_INFINITY): z.ZodString {
  return z
    .string()
    .min(1)
    .refine((text) => !text.includes("\0"), "holds the character U+0000, which PostgreSQL does not store")
    .refine((text) => text.isWellFormed(), "holds half a surrogate pair")
    .refine(
      // Half as many code units are never too many characters; counting costs only where it may matter.
      (text) => text.length <= most || [...text].length <= most,
      `longer than the ${most} characters that are kept`,
    );
}

/** Text to look for or to show: as {@link textInput}, or none. */
export const anyText = textInput().or(z.literal(""));
