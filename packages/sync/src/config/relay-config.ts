import { z } from "zod";
import { wholeNumber } from "./whole-number.ts";

/** How what happens in the database is published, and when an event is given up. */
export const relayConfig = z
  .strictObject({
    maxHeld: wholeNumber(1, 100_000).default(2_048).describe("How many events are read and held at once."),
    maxInFlight: wholeNumber(1, 100_000).default(512).describe("How many of them are on their way at once."),
    batchSize: wholeNumber(1, 10_000).default(512).describe("How many events one statement reads."),
    minPollMs: wholeNumber(1, 60_000)
      .default(5)
      .describe("The shortest pause between two looks while nothing comes, in milliseconds."),
    maxPollMs: wholeNumber(1, 60_000)
      .default(250)
      .describe(
        "The longest such pause, in milliseconds: an event waits so long at most before it is published.",
      ),
    sweepEveryMs: wholeNumber(100, 3_600_000)
      .default(5_000)
      .describe(
        "How often everything that is pending is looked at, which finds what was put back, in milliseconds.",
      ),
    maxAttempts: wholeNumber(1, 1_000)
      .default(8)
      .describe("An event that failed so often while others of its kind passed becomes a dead letter."),
    maxRetryDelayMs: wholeNumber(1, 3_600_000)
      .default(10_000)
      .describe("The longest pause between two attempts to publish an event, in milliseconds."),
  })
  .refine(({ minPollMs, maxPollMs }) => minPollMs <= maxPollMs, {
    path: ["minPollMs"],
    error: "not above sync.relay.maxPollMs",
  });
