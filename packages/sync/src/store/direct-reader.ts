import { createInbox, type Msg, type MsgHdrs } from "@nats-io/transport-node";
import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import type { NatsLink } from "../nats/nats-link.ts";

/** A message of a stream, as far as it tells which one it is. */
export interface DirectMessage {
  readonly sequence: number;
  /** When the server stored it, in milliseconds since 1970. */
  readonly storedAtMs: number;
  readonly headers: MsgHdrs;
}

/** Reads messages of a stream by their numbers, many at once. */
export interface DirectReader {
  /**
   * The message of a number, from whichever server has the stream. Undefined: there is none, or that server does not have it
   * yet, or nobody answers within the link's timeout, as where the stream does not allow such questions.
   *
   * @throws SyncError `JETSTREAM`, `NATS_UNREACHABLE`, `CLOSED`
   */
  read(sequence: number): Promise<DirectMessage | undefined>;
  /** Ends it; what has no answer yet fails. Safe twice. */
  close(): void;
}

interface Pending {
  readonly resolve: (message: DirectMessage | undefined) => void;
  readonly reject: (error: unknown) => void;
  /** By `performance.now()`. */
  readonly deadline: number;
}

const sweepMs = 100;
const status = { notFound: 404, noResponders: 503 };

/** One subscription takes all answers, and one timer looks after them: the client library makes one of each for a request. */
export function directReader(link: NatsLink, stream: string): DirectReader {
  const { connection, js, timeoutMs } = link;
  const subject = `${js.apiPrefix}.DIRECT.GET.${stream}`;
  const inbox = createInbox();
  // In the order of their deadlines, as all have the same time.
  const pending = new Map<string, Pending>();
  let count = 0;
  let sweeper: NodeJS.Timeout | undefined;
  let closed = false;
  const answers = connection.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (error === null) answered(message);
    },
  });

  return {
    read(sequence) {
      if (closed) return Promise.reject(closedError());
      const { promise, resolve, reject } = Promise.withResolvers<DirectMessage | undefined>();
      count += 1;
      const token = count.toString(36);
      try {
        connection.publish(subject, JSON.stringify({ seq: sequence }), { reply: `${inbox}.${token}` });
      } catch (error) {
        return Promise.reject(asSyncError(error, `read message ${sequence} of ${stream}`));
      }
      pending.set(token, { resolve, reject, deadline: performance.now() + timeoutMs });
      sweeper ??= setInterval(sweep, sweepMs);
      return promise;
    },
    close() {
      if (closed) return;
      closed = true;
      if (!connection.isClosed()) answers.unsubscribe();
      for (const token of [...pending.keys()]) take(token)?.reject(closedError());
    },
  };

  function take(token: string): Pending | undefined {
    const entry = pending.get(token);
    pending.delete(token);
    if (pending.size === 0) {
      clearInterval(sweeper);
      sweeper = undefined;
    }
    return entry;
  }

  function answered({ subject: to, headers }: Msg): void {
    const entry = take(to.slice(inbox.length + 1));
    if (entry === undefined) return;
    const code = headers?.code ?? 0;
    if (code === status.notFound || code === status.noResponders) entry.resolve(undefined);
    else if (headers === undefined || code !== 0)
      entry.reject(new SyncError("JETSTREAM", `${stream} answers ${code} ${headers?.description ?? ""}`));
    else entry.resolve(messageOf(headers));
  }

  function sweep(): void {
    const now = performance.now();
    for (const [token, { deadline }] of pending) {
      if (now < deadline) return;
      take(token)?.resolve(undefined);
    }
  }

  function closedError(): SyncError {
    return new SyncError("CLOSED", `${stream} is read no more`);
  }
}

function messageOf(headers: MsgHdrs): DirectMessage {
  return {
    sequence: Number(headers.get("Nats-Sequence")),
    storedAtMs: Date.parse(headers.get("Nats-Time-Stamp")),
    headers,
  };
}
