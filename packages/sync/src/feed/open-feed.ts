import { setTimeout as pause } from "node:timers/promises";
import {
  AckPolicy,
  type Consumer,
  type ConsumerMessages,
  DeliverPolicy,
  type JsMsg,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import { watchConnection } from "../nats/connection-watch.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import type { FeedMessage } from "./feed-message.ts";
import { MessageBuffer } from "./message-buffer.ts";

/** What is to be read, and how much of it may wait in memory. */
export interface FeedOptions {
  readonly stream: string;
  /** Reads what comes after this message. */
  readonly after: number;
  readonly maxMessages: number;
  readonly maxBytes: number;
}

/**
 * The messages of a stream by their sequence, each once and in order.
 *
 * It never mends itself: at the first sign of a message that it may have missed it ends, and whoever reads begins anew
 * from the position that is stored.
 */
export interface Feed extends AsyncDisposable {
  /** What was read and not taken yet. */
  readonly buffer: MessageBuffer;
  /** Messages of the stream that are not in the buffer yet, as the server said last. */
  readonly pending: number;
  /** Why it has ended; undefined while it reads. */
  readonly ended: SyncError | undefined;
  close(): Promise<void>;
}

/** How many messages are asked for at once. */
const pull = 2_000;
/** How long a request for messages stays open on the server, in milliseconds. */
const pullExpiresMs = 5_000;
/** How long a request may take to end when nobody reads any more, in milliseconds. */
const closeTimeoutMs = 1_000;
/** The server forgets a consumer that nobody asks for so long, in milliseconds. */
const inactiveMs = 30_000;

/**
 * Begins to read.
 *
 * @throws SyncError when the stream is not there or the server does not answer
 */
export async function openFeed(link: NatsLink, options: FeedOptions): Promise<Feed> {
  const { stream, after } = options;
  const buffer = new MessageBuffer(options.maxMessages, options.maxBytes);
  const consumer = await openConsumer(link, stream, after);
  let ended: SyncError | undefined;
  let closing = false;
  let pending = 0;
  let next = after;
  let delivered = 0;
  let messages: ConsumerMessages | undefined;
  // The server forgets the consumer, or what it had on the way: there is no use in waiting for a request to run out.
  const watch = watchConnection(link, (connected) => {
    if (!connected)
      end(
        new SyncError("NATS_UNREACHABLE", `the connection broke while ${stream} was read`, {
          retryable: true,
        }),
      );
    messages?.stop();
  });
  const reading = read().then(
    () => end(new SyncError("CLOSED", `nobody reads ${stream} any more`)),
    (error: unknown) => end(asSyncError(error, `read ${stream}`)),
  );

  const close = async () => {
    closing = true;
    watch.end();
    buffer.end();
    messages?.stop();
    // A request whose consumer is gone may never come to its end.
    await Promise.race([reading, pause(closeTimeoutMs, undefined, { ref: false })]);
    await consumer.delete().catch(() => {});
  };
  return {
    buffer,
    get pending() {
      return pending;
    },
    get ended() {
      return ended;
    },
    close,
    [Symbol.asyncDispose]: close,
  };

  function end(error: SyncError): void {
    ended ??= error;
    buffer.end();
  }

  async function read(): Promise<void> {
    while (!closing && ended === undefined) {
      messages = await consumer.fetch({ max_messages: pull, expires: pullExpiresMs });
      for await (const message of messages) {
        if (closing || ended !== undefined) break;
        const full = buffer.put(taken(message));
        if (full !== undefined) await full;
      }
      const failure = await messages.closed();
      if (failure instanceof Error && !closing) throw failure;
    }
  }

  // Nothing acknowledges and nothing is repeated: a number that is left out is a message that went astray.
  function taken({ info, subject, data, headers, timestampNanos }: JsMsg): FeedMessage {
    const { deliverySequence, streamSequence } = info;
    if (deliverySequence !== delivered + 1 || streamSequence <= next)
      throw new SyncError("JETSTREAM", `a message after ${next} of ${stream} went astray`, {
        retryable: true,
      });
    delivered = deliverySequence;
    next = streamSequence;
    pending = info.pending;
    // As a number, nanoseconds are rounded: sometimes into the next millisecond.
    const storedAtMs = Number(timestampNanos / 1_000_000n);
    return { sequence: streamSequence, subject, data, headers, storedAtMs };
  }
}

async function openConsumer(link: NatsLink, stream: string, after: number): Promise<Consumer> {
  try {
    const { name } = await link.manager.consumers.add(stream, {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: after + 1,
      inactive_threshold: nanos(inactiveMs),
      mem_storage: true,
      num_replicas: 1,
    });
    return await link.js.consumers.get(stream, name);
  } catch (error) {
    throw asSyncError(error, `read ${stream}`);
  }
}
