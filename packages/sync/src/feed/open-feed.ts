import { AckPolicy, DeliverPolicy } from "@nats-io/jetstream";
import { type Msg, nanos } from "@nats-io/transport-node";
import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import { watchConnection } from "../nats/connection-watch.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { readDelivery } from "./delivery.ts";
import type { FeedMessage } from "./feed-message.ts";
import { gapChecks } from "./gap-checks.ts";
import { MessageBuffer } from "./message-buffer.ts";
import { type PullRequests, pullRequests } from "./pull-requests.ts";

/** What is to be read, and how much of it may wait in memory. */
export interface FeedOptions {
  readonly stream: string;
  /** When the stream was made, in milliseconds since 1970: another one of its name is not read. */
  readonly createdMs: number | undefined;
  /** Reads what comes after this message. */
  readonly after: number;
  /** With so many messages or bytes in memory no more are asked for; what one request brings may come on top. */
  readonly maxMessages: number;
  readonly maxBytes: number;
}

/**
 * The messages of a stream by their sequence, each once and in order.
 *
 * It never mends itself: at the first sign of a message that it may have missed it ends, and whoever reads begins anew
 * from the position that is stored.
 */
export interface Feed<Held extends FeedMessage> extends AsyncDisposable {
  /** What was read and not taken yet. */
  readonly buffer: MessageBuffer<Held>;
  /** Messages of the stream that are not in the buffer yet, as the server said last. */
  readonly pending: number;
  /**
   * Resolves when nothing that should have come is missing between the messages up to now: they may be used.
   *
   * @throws SyncError `JETSTREAM`, retryable, when a message was left out: it has ended; what asking throws
   */
  complete(): Promise<void>;
  /** Why it has ended; undefined while it reads. */
  readonly ended: SyncError | undefined;
  close(): Promise<void>;
}

/** The server forgets a consumer that nobody asks for so long, in milliseconds. */
const inactiveMs = 30_000;

/**
 * Begins to read.
 *
 * @param hold what is kept of a message until it is taken. It is called as each message comes in, so that its work is done
 *   while whoever takes them waits for something else; it must not throw
 * @throws SyncError when the stream is not there or another one, or the server does not answer
 */
export async function openFeed<Held extends FeedMessage>(
  link: NatsLink,
  options: FeedOptions,
  hold: (message: FeedMessage) => Held,
): Promise<Feed<Held>> {
  const { stream, after } = options;
  const consumer = await openConsumer(link, stream, after);
  let ended: SyncError | undefined;
  let pending = 0;
  let next = after;
  let delivered = 0;
  let requests: PullRequests | undefined;
  let looking = false;
  const checks = gapChecks(link, stream, ">");
  const buffer = new MessageBuffer<Held>(options.maxMessages, options.maxBytes, askForMore);
  // The server forgets the consumer, or what it had on the way: there is no use in waiting for a request to run out.
  const watch = watchConnection(link, (connected) => {
    if (!connected) end(brokenConnection(stream));
  });
  const close = async () => {
    watch.end();
    end(new SyncError("CLOSED", `nobody reads ${stream} any more`));
    await link.manager.consumers.delete(stream, consumer).catch(() => {});
  };
  try {
    // It may have been made anew since the position was found.
    await checkStream(link, options);
  } catch (error) {
    await close();
    throw error;
  }
  requests = pullRequests(link, {
    stream,
    consumer,
    onMessage: take,
    onEnd: askForMore,
    onIdle: lookBehind,
    onFailure: end,
  });
  askForMore();
  return {
    buffer,
    get pending() {
      return pending;
    },
    async complete() {
      const missing = await checks.leftOut().catch((error: unknown) => {
        throw asSyncError(error, `read ${stream}`);
      });
      if (missing === undefined) return;
      end(astray(stream, missing));
      throw astray(stream, missing);
    },
    get ended() {
      return ended;
    },
    close,
    [Symbol.asyncDispose]: close,
  };

  function end(error: SyncError): void {
    ended ??= error;
    requests?.close();
    buffer.end();
  }

  function askForMore(): void {
    if (ended === undefined && !buffer.isFull && !buffer.hasEnded) requests?.ask();
  }

  // Nothing acknowledges and nothing is repeated: a number that is left out is a message that went astray.
  function take({ subject, data, headers, reply }: Msg): void {
    // What comes after the last that is taken stays on the server for whoever reads next.
    if (ended !== undefined || buffer.hasEnded) return;
    const delivery = readDelivery(reply);
    if (delivery?.consumerSequence !== delivered + 1 || delivery.streamSequence <= next) {
      end(astray(stream, next + 1));
      return;
    }
    if (delivery.streamSequence > next + 1) checks.gap(next + 1, delivery.streamSequence - 1);
    delivered = delivery.consumerSequence;
    next = delivery.streamSequence;
    pending = delivery.pending;
    buffer.put(hold({ sequence: next, subject, data, headers, storedAtMs: delivery.storedAtMs }));
  }

  function lookBehind(): void {
    if (looking || ended !== undefined) return;
    looking = true;
    const from = next + 1;
    checks
      .idle(from)
      .then((missing) => {
        if (missing !== undefined && next + 1 === from) end(astray(stream, missing));
      })
      // Whoever does not answer here does not answer the request for messages, too.
      .catch(() => {})
      .finally(() => {
        looking = false;
      });
  }
}

function astray(stream: string, sequence: number): SyncError {
  return new SyncError("JETSTREAM", `message ${sequence} of ${stream}, or one behind it, went astray`, {
    retryable: true,
  });
}

async function openConsumer(link: NatsLink, stream: string, after: number): Promise<string> {
  try {
    const { name } = await link.manager.consumers.add(stream, {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: after + 1,
      inactive_threshold: nanos(inactiveMs),
      mem_storage: true,
      num_replicas: 1,
    });
    return name;
  } catch (error) {
    throw asSyncError(error, `read ${stream}`);
  }
}

async function checkStream(link: NatsLink, { stream, createdMs, after }: FeedOptions): Promise<void> {
  const info = await link.manager.streams.info(stream).catch((error: unknown) => {
    throw asSyncError(error, `read ${stream}`);
  });
  const isSame = createdMs === undefined || Date.parse(info.created) === createdMs;
  if (isSame && info.state.last_seq >= after) return;
  throw new SyncError("JETSTREAM", `${stream} is another stream than a moment ago`, { retryable: true });
}

function brokenConnection(stream: string): SyncError {
  return new SyncError("NATS_UNREACHABLE", `the connection broke while ${stream} was read`, {
    retryable: true,
  });
}
