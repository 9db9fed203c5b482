import type { StreamConfig, StreamUpdateConfig } from "@nats-io/jetstream";
import { nanosOf } from "./nanoseconds.ts";

/** How a stream is to be. 0 is without limit; what is undefined stays as the server has it. */
export interface StreamSettings {
  readonly subjects: readonly string[];
  readonly storage: "file" | "memory";
  readonly retention: "limits" | "interest" | "workqueue";
  readonly discard: "old" | "new";
  readonly maxAgeMs: number;
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly maxMessageBytes: number;
  readonly duplicateWindowMs: number;
  readonly replicas: number;
  /** How many messages it keeps of each subject. */
  readonly history?: number | undefined;
  /** Whether every server that holds it answers reads, not only its leader. */
  readonly directGet?: boolean | undefined;
  /** Whether a message may replace all earlier ones of its subject. */
  readonly rollup?: boolean | undefined;
  /** Whether single messages cannot be deleted. */
  readonly denyDelete?: boolean | undefined;
  readonly compression?: "none" | "s2" | undefined;
  /** Whether a message may bring its own time to live. */
  readonly messageTtl?: boolean | undefined;
}

/** What a stream may have been given by others that takes from it what it is for. */
export interface ForeignStreamSettings {
  /** Whether it tells nobody that it has stored a message. */
  readonly noAck: boolean;
  /** Whether it refuses a message beyond `history` instead of dropping the oldest of the subject. */
  readonly discardNewPerSubject: boolean;
  /** How many consumers it takes; 0 is any number. */
  readonly maxConsumers: number;
  /** Whether it takes no message any more. */
  readonly sealed: boolean;
}

/** What every stream of the topology has. */
export const plainStreamSettings: ForeignStreamSettings = {
  noAck: false,
  discardNewPerSubject: false,
  maxConsumers: 0,
  sealed: false,
};

/** The settings that a stream has, all of them. */
export function settingsOfStream(config: Partial<StreamConfig>): StreamSettings & ForeignStreamSettings {
  return {
    subjects: config.subjects ?? [],
    storage: config.storage ?? "file",
    retention: config.retention ?? "limits",
    discard: config.discard ?? "old",
    maxAgeMs: Math.round((config.max_age ?? 0) / 1e6),
    maxMessages: unlimitedAsZero(config.max_msgs),
    maxBytes: unlimitedAsZero(config.max_bytes),
    maxMessageBytes: unlimitedAsZero(config.max_msg_size),
    duplicateWindowMs: Math.round((config.duplicate_window ?? 0) / 1e6),
    replicas: config.num_replicas || 1,
    history: unlimitedAsZero(config.max_msgs_per_subject),
    directGet: config.allow_direct === true,
    rollup: config.allow_rollup_hdrs === true,
    denyDelete: config.deny_delete === true,
    compression: config.compression ?? "none",
    messageTtl: config.allow_msg_ttl === true,
    noAck: config.no_ack === true,
    discardNewPerSubject: config.discard_new_per_subject === true,
    maxConsumers: unlimitedAsZero(config.max_consumers),
    sealed: config.sealed === true,
  };
}

/** What can be changed of a stream that is there, as the server takes it. Undefined settings are left out. */
export function streamUpdateOf(settings: StreamSettings): Partial<StreamUpdateConfig> {
  return {
    subjects: [...settings.subjects],
    discard: settings.discard,
    max_age: nanosOf(settings.maxAgeMs),
    max_msgs: zeroAsUnlimited(settings.maxMessages),
    max_bytes: zeroAsUnlimited(settings.maxBytes),
    max_msg_size: zeroAsUnlimited(settings.maxMessageBytes),
    duplicate_window: nanosOf(settings.duplicateWindowMs),
    num_replicas: settings.replicas,
    no_ack: plainStreamSettings.noAck,
    discard_new_per_subject: plainStreamSettings.discardNewPerSubject,
    ...given("max_msgs_per_subject", settings.history),
    ...given("allow_direct", settings.directGet),
    ...given("allow_rollup_hdrs", settings.rollup),
    ...given("deny_delete", settings.denyDelete),
    ...given("compression", settings.compression),
    ...given("allow_msg_ttl", settings.messageTtl),
  };
}

/** A new stream, as the server takes it. */
export function streamConfigOf(
  name: string,
  settings: StreamSettings,
): Partial<StreamConfig> & { name: string } {
  return {
    ...streamUpdateOf(settings),
    name,
    storage: settings.storage,
    retention: settings.retention,
  };
}

function given<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  const entry: { [K in Key]?: Value } = {};
  if (value !== undefined) entry[key] = value;
  return entry;
}

function unlimitedAsZero(limit: number | undefined): number {
  return limit === undefined || limit < 0 ? 0 : limit;
}

function zeroAsUnlimited(limit: number): number {
  return limit === 0 ? -1 : limit;
}
