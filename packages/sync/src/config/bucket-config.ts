import { z } from "zod";
import { type BucketDefaults, bucketDefaults } from "../topology/bucket-defaults.ts";
import { ageMs, limit, wholeNumber } from "./whole-number.ts";

const storages = ["file", "memory"] as const;

/** The settings of a bucket. Where eviction keeps the time to live, the server must drop nothing by its age. */
export type BucketConfigValues = z.output<ReturnType<typeof bucketConfig>> & {
  readonly ttlMs?: number;
  readonly messageTtl?: boolean;
};

function bucketConfig(defaults: BucketDefaults) {
  return z.strictObject({
    storage: z
      .enum(storages, `one of ${storages.join(", ")}`)
      .default(defaults.storage)
      .describe("Where it keeps its values: file or memory."),
    history: wholeNumber(1, 64)
      .default(defaults.history)
      .describe("How many of the last values of a key it keeps."),
    maxBytes: limit()
      .default(0)
      .describe("How many bytes it holds, which the server sets aside; 0 is without limit."),
    maxValueBytes: limit()
      .default(0)
      .describe("How large a value may be, in bytes; 0 is without limit but the server's own."),
    replicas: wholeNumber(1, 5)
      .optional()
      .describe(
        `How many servers hold each value; what is given here must be had. Default: ${replicasText(defaults)}.`,
      ),
    compression: z
      .boolean("true or false")
      .optional()
      .describe(
        `Whether the server compresses what it writes to disk (S2, nats-server 2.10); true must be had. Default: ${defaults.compression ? "where the server can" : "as the bucket is, new ones not"}.`,
      ),
  });
}

function expiringBucketConfig(defaults: BucketDefaults) {
  return bucketConfig(defaults).extend({
    ttlMs: ageMs()
      .default(defaults.ttlMs)
      .describe(
        "How old a value may become before the server drops it, in milliseconds; 0 is without limit.",
      ),
    messageTtl: z
      .boolean("true or false")
      .default(false)
      .describe(
        "Whether a value may bring its own time to live (nats-server 2.11); it cannot be taken back. false leaves the bucket as it is.",
      ),
  });
}

function replicasText({ replicas }: BucketDefaults): string {
  return replicas === 1 ? "1" : `${replicas}, and 1 where the server is in no cluster`;
}

/**
 * The settings of the buckets. That of agent state has no time to live: the server would drop values that were never
 * flushed; eviction keeps it.
 */
export const bucketsConfig = z.strictObject({
  sessionData: expiringBucketConfig(bucketDefaults.sessionData).prefault({}),
  agentState: bucketConfig(bucketDefaults.agentState).prefault({}),
  agentConfig: expiringBucketConfig(bucketDefaults.agentConfig).prefault({}),
  queryCache: expiringBucketConfig(bucketDefaults.queryCache).prefault({}),
});
