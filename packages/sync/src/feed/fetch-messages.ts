import type { Msg, MsgHdrs } from "@nats-io/transport-node";
import { SyncError } from "../errors/sync-error.ts";
import { watchConnection } from "../nats/connection-watch.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { valueRoom } from "../store/value-room.ts";
import { type Delivery, readDelivery } from "./delivery.ts";
import { pullRequests } from "./pull-requests.ts";

/** A message as a consumer delivered it. */
export interface Delivered extends Delivery {
  readonly subject: string;
  readonly headers: MsgHdrs | undefined;
  readonly data: Uint8Array;
}

/** What is asked for. */
export interface FetchOptions {
  readonly stream: string;
  readonly consumer: string;
  /** How many messages at most. */
  readonly most: number;
  /**
   * What keeps the values within 8 MiB: the server, where the consumer gives out every message; a guess by what values turned out to
   * weigh; nothing, where the consumer leaves them out. nats-server 2.9 loses the message that is too much for a request when a
   * consumer gives out the last message of each subject, so that it must not be told of bytes there.
   */
  readonly boundBy: "server" | "weight" | "nothing";
}

/** What one request brings. It is open until it is iterated to its end, or left. */
export interface Fetch extends AsyncIterable<Delivered> {
  /** How many messages have come. */
  readonly received: number;
  /** No more are waited for: what has come is given out, then it ends. */
  stop(): void;
}

/**
 * Asks a consumer once for messages: the server closes a connection that has too much on the way. It ends when they are there, when
 * the bytes are, or after five seconds.
 *
 * The iteration throws SyncError `NATS_UNREACHABLE`, retryable, when the connection breaks or nobody answers, `JETSTREAM`
 * when the consumer is gone, `CLOSED` with the connection; what had come is given out before.
 */
export function fetchMessages(link: NatsLink, { stream, consumer, most, boundBy }: FetchOptions): Fetch {
  const come: Delivered[] = [];
  let received = 0;
  let ended = false;
  let failure: SyncError | undefined;
  let wake = () => {};
  const room = valueRoom(link);
  const watch = watchConnection(link, (connected) => {
    if (!connected) end(brokenConnection(stream));
  });
  const requests = pullRequests(link, {
    stream,
    consumer,
    onMessage: take,
    onEnd: () => end(),
    onIdle: () => {},
    onFailure: end,
  });
  requests.ask(boundBy === "weight" ? Math.min(most, room.most) : most, boundBy === "server");
  return {
    get received() {
      return received;
    },
    stop: () => end(),
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          const next = come.shift();
          if (next !== undefined) yield next;
          else if (ended) break;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
        if (failure !== undefined) throw failure;
      } finally {
        end();
      }
    },
  };

  function take({ subject, headers, data, reply }: Msg): void {
    const delivery = readDelivery(reply);
    if (ended || delivery === undefined) return;
    received += 1;
    if (boundBy !== "nothing") room.weigh(data.length);
    come.push({ ...delivery, subject, headers, data });
    wake();
  }

  function end(error?: SyncError): void {
    if (ended) return;
    ended = true;
    failure = error;
    watch.end();
    requests.close();
    wake();
  }
}

function brokenConnection(stream: string): SyncError {
  return new SyncError("NATS_UNREACHABLE", `the connection broke while ${stream} was read`, {
    retryable: true,
  });
}
