import { z } from "zod";

function text(least: number, most: number) {
  return z
    .string()
    .refine((value) => [...value].length >= least && [...value].length <= most, {
      message: `must have ${least} to ${most} characters`,
    })
    .refine((value) => value.isWellFormed() && !value.includes("\0"), {
      message: "holds U+0000 or half a surrogate pair, which PostgreSQL does not store",
    });
}

/** What people call a checkpoint. */
export const checkpointName = text(1, 255);
/** What made someone take it. */
export const triggerEvent = text(0, 100);
