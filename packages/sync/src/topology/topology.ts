import type { BucketConfigValues } from "../config/bucket-config.ts";
import type { ConsumerConfigValues } from "../config/consumer-config.ts";
import type { StreamConfigValues } from "../config/stream-config.ts";
import { type SyncConfig, syncConfig } from "../config/sync-config.ts";
import { type BucketDefaults, bucketDefaults } from "./bucket-defaults.ts";
import { type ConsumerDefaults, consumerDefaults } from "./consumer-defaults.ts";
import type { ConsumerSettings } from "./consumer-settings.ts";
import { type StreamDefaults, streamDefaults } from "./stream-defaults.ts";
import type { StreamSettings } from "./stream-settings.ts";

/** A stream, or a bucket by the stream that holds it. */
export interface StreamSpec {
  readonly kind: "stream" | "bucket";
  /** As its users call it: `AGENT_STATE`. */
  readonly name: string;
  /** As the server calls it: of a bucket `KV_AGENT_STATE`. */
  readonly stream: string;
  readonly settings: StreamSettings;
  /** What was asked for explicitly: it is refused where the server has it not. The rest gives way, and that is said. */
  readonly required: readonly RequirableSetting[];
}

/** A setting that not every server can have. */
export type RequirableSetting = "replicas" | "compression" | "messageTtl";

/** A durable pull consumer. */
export interface ConsumerSpec {
  readonly kind: "consumer";
  readonly name: string;
  readonly stream: string;
  readonly settings: ConsumerSettings;
}

/** Everything that has to be in JetStream. */
export interface Topology {
  readonly streams: Readonly<Record<keyof typeof streamDefaults, StreamSpec>>;
  readonly buckets: Readonly<Record<keyof typeof bucketDefaults, StreamSpec>>;
  readonly consumers: Readonly<Record<keyof typeof consumerDefaults, ConsumerSpec>>;
}

/** The part of the configuration that says what has to be in JetStream. */
export type TopologyConfig = Pick<SyncConfig, "streams" | "buckets" | "consumers">;

/** The topology where nothing is configured. */
export function defaultTopology(): Topology {
  return topologyOf(syncConfig.parse({}));
}

/** The topology that a configuration asks for. */
export function topologyOf({ streams, buckets, consumers }: TopologyConfig): Topology {
  return {
    streams: {
      agentState: stream(streamDefaults.agentState, streams.agentState),
      taskExecution: stream(streamDefaults.taskExecution, streams.taskExecution),
      agentMessages: stream(streamDefaults.agentMessages, streams.agentMessages),
    },
    buckets: {
      sessionData: bucket(bucketDefaults.sessionData, buckets.sessionData),
      agentState: bucket(bucketDefaults.agentState, buckets.agentState),
      agentConfig: bucket(bucketDefaults.agentConfig, buckets.agentConfig),
      queryCache: bucket(bucketDefaults.queryCache, buckets.queryCache),
    },
    consumers: {
      taskProcessor: consumer(consumerDefaults.taskProcessor, consumers.taskProcessor),
      messageBatchProcessor: consumer(
        consumerDefaults.messageBatchProcessor,
        consumers.messageBatchProcessor,
      ),
    },
  };
}

function stream(defaults: StreamDefaults, config: StreamConfigValues): StreamSpec {
  const { replicas, duplicateWindowMs, ...rest } = config;
  return {
    kind: "stream",
    name: defaults.name,
    stream: defaults.name,
    settings: {
      ...rest,
      history: 0,
      duplicateWindowMs: within(duplicateWindowMs || serverDuplicateWindowMs, config.maxAgeMs),
      replicas: replicas ?? defaults.replicas,
    },
    required: replicas === undefined ? [] : ["replicas"],
  };
}

function bucket(defaults: BucketDefaults, config: BucketConfigValues): StreamSpec {
  const { ttlMs = 0, messageTtl, replicas, compression } = config;
  const compressed = compression ?? (defaults.compression || undefined);
  return {
    kind: "bucket",
    name: defaults.name,
    stream: `KV_${defaults.name}`,
    settings: {
      subjects: [`$KV.${defaults.name}.>`],
      storage: config.storage,
      // What follows is what every client of a bucket relies on.
      retention: "limits",
      discard: "new",
      directGet: true,
      rollup: true,
      denyDelete: true,
      maxAgeMs: ttlMs,
      maxMessages: 0,
      maxBytes: config.maxBytes,
      maxMessageBytes: config.maxValueBytes,
      history: config.history,
      duplicateWindowMs: within(serverDuplicateWindowMs, ttlMs),
      replicas: replicas ?? defaults.replicas,
      compression: compressed === undefined ? undefined : compressed ? "s2" : "none",
      // Of agent state no value may go by its age, or one that was never flushed would.
      messageTtl: messageTtl === false ? undefined : messageTtl === true,
    },
    required: [
      ...(replicas === undefined ? [] : (["replicas"] as const)),
      ...(compression === true ? (["compression"] as const) : []),
      ...(messageTtl === true ? (["messageTtl"] as const) : []),
    ],
  };
}

function consumer(defaults: ConsumerDefaults, config: ConsumerConfigValues): ConsumerSpec {
  const { filterSubject, ...rest } = config;
  return {
    kind: "consumer",
    name: defaults.name,
    stream: streamDefaults[defaults.stream].name,
    settings: { ...rest, filterSubjects: filterSubject === ">" ? [] : [filterSubject] },
  };
}

const serverDuplicateWindowMs = 120_000;

// The server refuses a window that is longer than a message lives.
function within(windowMs: number, maxAgeMs: number): number {
  return maxAgeMs === 0 ? windowMs : Math.min(windowMs, maxAgeMs);
}
