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

/** What a consumer has that cannot be changed. */
export interface FixedConsumerSettings {
  readonly ackPolicy: string;
  readonly deliverPolicy: string;
  /** Whether the server pushes messages to a subject, where a pull is wanted. */
  readonly pushes: boolean;
}

/** What every consumer of the topology has. */
export const fixedConsumerSettings: FixedConsumerSettings = {
  ackPolicy: "explicit",
  deliverPolicy: "all",
  pushes: false,
};

/** The settings that a consumer has. */
export function settingsOfConsumer(config: ConsumerConfig): ConsumerSettings & FixedConsumerSettings {
  const filters = config.filter_subjects ?? [config.filter_subject ?? ">"];
  return {
    filterSubjects: filters.includes(">") ? [] : filters,
    ackWaitMs: Math.round((config.ack_wait ?? 0) / 1e6),
    maxDeliver: Math.max(0, config.max_deliver ?? 0),
    maxAckPending: Math.max(0, config.max_ack_pending ?? 0),
    maxBatch: Math.max(0, config.max_batch ?? 0),
    ackPolicy: config.ack_policy,
    deliverPolicy: config.deliver_policy,
    pushes: config.deliver_subject !== undefined,
  };
}

/** A consumer as the server takes it; of one that is there, what it has beside stays. */
export function consumerConfigOf(
  name: string,
  settings: ConsumerSettings,
  found: Partial<ConsumerConfig> = {},
): Partial<ConsumerConfig> {
  const { filter_subject: _one, filter_subjects: _several, ...kept } = found;
  return {
    ...kept,
    durable_name: name,
    ack_policy: "explicit",
    deliver_policy: "all",
    ack_wait: nanosOf(settings.ackWaitMs),
    max_deliver: settings.maxDeliver === 0 ? -1 : settings.maxDeliver,
    max_ack_pending: settings.maxAckPending,
    max_batch: settings.maxBatch,
    ...filterOf(settings.filterSubjects),
  };
}

// The list is of nats-server 2.10.
function filterOf(
  subjects: readonly string[],
): Pick<Partial<ConsumerConfig>, "filter_subject" | "filter_subjects"> {
  const [filter, ...more] = subjects;
  if (filter === undefined) return {};
  return more.length === 0 ? { filter_subject: filter } : { filter_subjects: [filter, ...more] };
}
