import { z } from "zod";
import { wholeNumber } from "./whole-number.ts";

/** When flushed agent state leaves the bucket. */
export const evictConfig = z.strictObject({
  stateTtlMs: wholeNumber(1_000, 31_536_000_000)
    .default(1_800_000)
    .describe("How long a flushed key stays in the bucket after its last write, in milliseconds."),
});
