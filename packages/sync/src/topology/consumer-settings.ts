import type { ConsumerConfig } from "@nats-io/jetstream";
import { nanosOf } from "./nanoseconds.ts";

/** How a durable pull consumer is to be. 0 is without limit. */
export interface ConsumerSettings {
  /** The subjects that it gets; none is all. */
  readonly filterSubjects: readonly string[];
  readonly ackWaitMs: number;
  readonly maxDeliver: number;
  readonly maxAckPending: number;
  /** How many messages one pull may ask for. */
  readonly maxBatch: number;
}

/** What a consumer may have been given by others; it is set right. */
export interface ForeignConsumerSettings {
  /** Whether it leaves out what the messages say. */
  readonly headersOnly: boolean;
  /** After how long without a pull the server removes it; 0 is never. */
  readonly inactiveThresholdMs: number;
  /** How long a pull may wait; 0 is without limit. */
  readonly maxExpiresMs: number;
  /** The waits before each further delivery, instead of `ackWaitMs`; empty is none. In milliseconds. */
  readonly backoffMs: readonly string[];
}

/** What every consumer of the topology has, by itself. */
export const plainConsumerSettings: ForeignConsumerSettings = {
  headersOnly: false,
  inactiveThresholdMs: 0,
  maxExpiresMs: 0,
  backoffMs: [],
};

/** What a consumer has that cannot be changed. */
export interface FixedConsumerSettings {
  readonly ackPolicy: string;
  readonly deliverPolicy: string;
  /** Whether the server pushes messages to a subject, where a pull is wanted. */
  readonly pushes: boolean;
  /** Whether messages come as fast as they can, or as they once came. */
  readonly replayPolicy: string;
}

/** What every consumer of the topology has. */
export const fixedConsumerSettings: FixedConsumerSettings = {
  ackPolicy: "explicit",
  deliverPolicy: "all",
  pushes: false,
  replayPolicy: "instant",
};

/** The settings that a consumer has. */
export function settingsOfConsumer(
  config: ConsumerConfig,
): ConsumerSettings & FixedConsumerSettings & ForeignConsumerSettings {
  const filters = config.filter_subjects ?? [config.filter_subject ?? ">"];
  return {
    filterSubjects: filters.includes(">") ? [] : filters,
    ackWaitMs: millisOf(config.ack_wait),
    maxDeliver: Math.max(0, config.max_deliver ?? 0),
    maxAckPending: Math.max(0, config.max_ack_pending ?? 0),
    maxBatch: Math.max(0, config.max_batch ?? 0),
    ackPolicy: config.ack_policy,
    deliverPolicy: config.deliver_policy,
    pushes: config.deliver_subject !== undefined,
    replayPolicy: config.replay_policy ?? "instant",
    headersOnly: config.headers_only === true,
    inactiveThresholdMs: millisOf(config.inactive_threshold),
    maxExpiresMs: millisOf(config.max_expires),
    backoffMs: (config.backoff ?? []).map((nanos) => String(millisOf(nanos))),
  };
}

/** A consumer as the server takes it; of one that is there, what it has beside stays. */
export function consumerConfigOf(
  name: string,
  settings: ConsumerSettings,
  found: Partial<ConsumerConfig> = {},
): Partial<ConsumerConfig> {
  const { filter_subject: _one, filter_subjects: _several, backoff: _waits, ...kept } = found;
  return {
    ...kept,
    durable_name: name,
    ack_policy: "explicit",
    deliver_policy: "all",
    ack_wait: nanosOf(settings.ackWaitMs),
    max_deliver: settings.maxDeliver === 0 ? -1 : settings.maxDeliver,
    max_ack_pending: settings.maxAckPending,
    max_batch: settings.maxBatch,
    headers_only: plainConsumerSettings.headersOnly,
    inactive_threshold: plainConsumerSettings.inactiveThresholdMs,
    max_expires: plainConsumerSettings.maxExpiresMs,
    ...filterOf(settings.filterSubjects),
  };
}

function millisOf(nanos: number | undefined): number {
  return Math.round((nanos ?? 0) / 1e6);
}

// The list is of nats-server 2.10.
function filterOf(
  subjects: readonly string[],
): Pick<Partial<ConsumerConfig>, "filter_subject" | "filter_subjects"> {
  const [filter, ...more] = subjects;
  if (filter === undefined) return {};
  return more.length === 0 ? { filter_subject: filter } : { filter_subjects: [filter, ...more] };
}
