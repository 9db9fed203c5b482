import { AckPolicy, type ConsumerInfo, DeliverPolicy } from "@nats-io/jetstream";
import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import type { NatsLink } from "../nats/nats-link.ts";

/** The durable consumer that is wanted. */
export interface WantedConsumer {
  readonly stream: string | undefined;
  readonly subject: string;
  readonly durable: string;
  readonly ackWaitMs: number;
  readonly maxAckPending: number;
}

/** The durable consumer, as it is in the server. */
export interface FoundConsumer {
  readonly stream: string;
  readonly durable: string;
  /** When the stream was made: with it a sequence names a message for ever. */
  readonly streamCreated: Date;
  readonly ackWaitMs: number;
  /** How often the server delivers a message before it drops it without a word; infinite when it does not. */
  readonly maxDeliver: number;
}

/**
 * Finds the durable consumer, or makes it. One that is there stays as it is: whoever set up the topology decides.
 *
 * @throws SyncError `TOPOLOGY` when no stream takes the subject, or the consumer is for another one, needs no
 *   acknowledgement, or delivers once only
 */
export async function ensureConsumer(link: NatsLink, wanted: WantedConsumer): Promise<FoundConsumer> {
  const { durable } = wanted;
  try {
    const stream = wanted.stream ?? (await link.manager.streams.find(wanted.subject));
    const [{ created }, info] = [
      await link.manager.streams.info(stream),
      (await existing(link, stream, durable)) ?? (await made(link, stream, wanted)),
    ];
    check(info, wanted);
    return {
      stream,
      durable,
      streamCreated: new Date(created),
      ackWaitMs: (info.config.ack_wait ?? 30_000_000_000) / 1_000_000,
      maxDeliver: (info.config.max_deliver ?? -1) > 0 ? Number(info.config.max_deliver) : Infinity,
    };
  } catch (error) {
    throw asSyncError(error, `consume ${wanted.subject} as ${durable}`);
  }
}

async function existing(link: NatsLink, stream: string, durable: string): Promise<ConsumerInfo | undefined> {
  try {
    return await link.manager.consumers.info(stream, durable);
  } catch (error) {
    const known = asSyncError(error, "look at the consumer");
    if (known.code === "TOPOLOGY") return undefined;
    throw known;
  }
}

function made(link: NatsLink, stream: string, wanted: WantedConsumer): Promise<ConsumerInfo> {
  return link.manager.consumers.add(stream, {
    durable_name: wanted.durable,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    filter_subject: wanted.subject,
    ack_wait: wanted.ackWaitMs * 1_000_000,
    // The server would drop what it has delivered so often, and nobody would hear of it: that is decided here.
    max_deliver: -1,
    max_ack_pending: wanted.maxAckPending,
  });
}

function check({ config }: ConsumerInfo, { durable, subject }: WantedConsumer): void {
  const filters = config.filter_subjects ?? (config.filter_subject ? [config.filter_subject] : []);
  if (config.ack_policy !== AckPolicy.Explicit) {
    throw new SyncError("TOPOLOGY", `the consumer ${durable} needs no acknowledgement of each message`, {
      hint: "Use another durable name, or make the consumer anew with explicit acknowledgement.",
    });
  }
  if (config.max_deliver === 1) {
    throw new SyncError(
      "TOPOLOGY",
      `the consumer ${durable} delivers each message once (max_deliver 1): what a process has when it dies would be lost`,
      {
        hint: "Give it a max_deliver of 2 or more, or none (-1). To try each message once, use the option maxDeliver: 1.",
        details: { durable, maxDeliver: 1 },
      },
    );
  }
  if (!filters.includes(subject)) {
    throw new SyncError(
      "TOPOLOGY",
      `the consumer ${durable} is for ${filters.join(", ")}, not for ${subject}`,
      {
        hint: "Use another durable name for another subject.",
      },
    );
  }
}
