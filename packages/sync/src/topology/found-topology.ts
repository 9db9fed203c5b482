import type {
  ConsumerSettings,
  FixedConsumerSettings,
  ForeignConsumerSettings,
} from "./consumer-settings.ts";
import type { ForeignStreamSettings, StreamSettings } from "./stream-settings.ts";

/** A stream that is there. */
export interface FoundStream {
  readonly settings: StreamSettings & Partial<ForeignStreamSettings>;
  /** Why its settings cannot be changed at all: it is a mirror, or sealed. */
  readonly unchangeable: string | undefined;
  readonly messages: number;
  readonly bytes: number;
  /** How many subjects have a message. */
  readonly subjects: number;
  /** When its oldest message was stored; undefined when it has none. */
  readonly oldestAt: Date | undefined;
  /** How many of its messages have a subject that is wanted no more. */
  readonly strays: number;
}

/** A consumer that is there. */
export interface FoundConsumer {
  readonly settings: ConsumerSettings & FixedConsumerSettings & Partial<ForeignConsumerSettings>;
  /** How many messages it has still to deliver, or to hear of. */
  readonly pending: number;
}

/** A subject that is wanted, and the other stream that keeps it. */
export interface TakenSubject {
  readonly subject: string;
  readonly stream: string;
}

/** What is in JetStream of what is wanted. */
export interface FoundTopology {
  /** By the server's names. */
  readonly streams: ReadonlyMap<string, FoundStream>;
  /** By stream and name, with a `/` between. */
  readonly consumers: ReadonlyMap<string, FoundConsumer>;
  /** By the stream that wants them. */
  readonly taken: ReadonlyMap<string, readonly TakenSubject[]>;
  /** The streams, and the keys of consumers, for which nobody answered: the server that holds them may be down. */
  readonly silent: ReadonlySet<string>;
  readonly readAt: Date;
}

/** The key of a consumer in {@link FoundTopology}. */
export function consumerKey({ stream, name }: { readonly stream: string; readonly name: string }): string {
  return `${stream}/${name}`;
}
