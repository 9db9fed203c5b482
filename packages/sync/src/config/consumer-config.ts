import { z } from "zod";
import { type ConsumerDefaults, consumerDefaults } from "../topology/consumer-defaults.ts";
import { subjectPattern } from "./subject-pattern.ts";
import { ageMs, wholeNumber } from "./whole-number.ts";

/** The settings of a consumer. */
export type ConsumerConfigValues = z.output<ReturnType<typeof consumerConfig>>;

function consumerConfig(defaults: ConsumerDefaults) {
  return z
    .strictObject({
      filterSubject: subjectPattern
        .default(defaults.filterSubject)
        .describe("The subjects of its stream that it gets; > is all."),
      ackWaitMs: ageMs()
        .min(1, "a whole number from 1")
        .default(defaults.ackWaitMs)
        .describe(
          "How long an acknowledgement may take before the message is delivered again, in milliseconds.",
        ),
      maxDeliver: wholeNumber(0, 1_000_000)
        .default(defaults.maxDeliver)
        .describe("How often a message is delivered at most; 0 is without limit."),
      maxAckPending: wholeNumber(1, 1_000_000)
        .default(defaults.maxAckPending)
        .describe("How many messages may be unacknowledged before it waits."),
      maxBatch: wholeNumber(0, 1_000_000)
        .default(defaults.maxBatch)
        .describe("How many messages one pull may ask for; 0 is without limit."),
    })
    .prefault({});
}

/** The settings of the consumers that the framework expects. */
export const consumersConfig = z.strictObject({
  taskProcessor: consumerConfig(consumerDefaults.taskProcessor),
  messageBatchProcessor: consumerConfig(consumerDefaults.messageBatchProcessor),
});
