import { z } from "zod";
import { wholeNumber } from "./whole-number.ts";

/** When changed keys of agent state are brought to PostgreSQL, and which are refused. */
export const flushConfig = z.strictObject({
  batchKeys: wholeNumber(1, 10_000).default(50).describe("As many changed keys are flushed at once."),
  maxDelayMs: wholeNumber(1, 60_000)
    .default(20)
    .describe("How long a changed key waits for others at most, in milliseconds."),
  maxValueBytes: wholeNumber(1, 67_108_864)
    .default(1_048_576)
    .describe("How large a value may be, in bytes; a larger one becomes a dead letter."),
});
