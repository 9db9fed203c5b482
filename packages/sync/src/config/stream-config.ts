import { z } from "zod";
import { type StreamDefaults, streamDefaults } from "../topology/stream-defaults.ts";
import { subjectPattern } from "./subject-pattern.ts";
import { ageMs, limit, wholeNumber } from "./whole-number.ts";

const storages = ["file", "memory"] as const;
const retentions = ["limits", "interest", "workqueue"] as const;
const discards = ["old", "new"] as const;

/** The settings of an event stream. */
export type StreamConfigValues = z.output<ReturnType<typeof streamConfig>>;

function streamConfig(defaults: StreamDefaults) {
  return z
    .strictObject({
      subjects: z
        .array(subjectPattern)
        .min(1, "at least one subject")
        .default([...defaults.subjects])
        .describe("The subjects whose messages it keeps."),
      storage: z
        .enum(storages, `one of ${storages.join(", ")}`)
        .default(defaults.storage)
        .describe("Where it keeps them: file or memory."),
      retention: z
        .enum(retentions, `one of ${retentions.join(", ")}`)
        .default(defaults.retention)
        .describe("How long: to its limits, or (interest) until every consumer has acknowledged."),
      discard: z
        .enum(discards, `one of ${discards.join(", ")}`)
        .default(defaults.discard)
        .describe("What it drops when it is full: the old message, or the new one by refusing it."),
      maxAgeMs: ageMs()
        .default(defaults.maxAgeMs)
        .describe("How old a message may become, in milliseconds; 0 is without limit."),
      maxMessages: limit()
        .default(defaults.maxMessages)
        .describe("How many messages it holds; 0 is without limit."),
      maxBytes: limit()
        .default(defaults.maxBytes)
        .describe("How many bytes it holds, which the server sets aside; 0 is without limit."),
      maxMessageBytes: limit()
        .default(defaults.maxMessageBytes)
        .describe("How large a message may be, in bytes; 0 is without limit but the server's own."),
      duplicateWindowMs: ageMs()
        .default(defaults.duplicateWindowMs)
        .describe(
          "How long a message id is remembered, in milliseconds; never longer than maxAgeMs. 0 leaves it to the server.",
        ),
      replicas: wholeNumber(1, 5)
        .optional()
        .describe(
          `How many servers hold each message; what is given here must be had. Default: ${replicasText(defaults)}.`,
        ),
    })
    .prefault({});
}

function replicasText({ replicas }: StreamDefaults): string {
  return replicas === 1 ? "1" : `${replicas}, and 1 where the server is in no cluster`;
}

/** The settings of the event streams. */
export const streamsConfig = z.strictObject({
  agentState: streamConfig(streamDefaults.agentState),
  taskExecution: streamConfig(streamDefaults.taskExecution),
  agentMessages: streamConfig(streamDefaults.agentMessages),
});
