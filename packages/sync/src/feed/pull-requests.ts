import { createInbox, type Msg, nanos } from "@nats-io/transport-node";
import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import type { NatsLink } from "../nats/nats-link.ts";

/** Whose messages are asked for, and who takes them. */
export interface PullOptions {
  readonly stream: string;
  readonly consumer: string;
  readonly onMessage: (message: Msg) => void;
  /** The request has ended: so many messages came, and more may be asked for. */
  readonly onEnd: (received: number) => void;
  /** Nothing comes for now though it was asked for. */
  readonly onIdle: () => void;
  /** Nothing comes any more. */
  readonly onFailure: (error: SyncError) => void;
}

/** Asks for messages, one request at a time. */
export interface PullRequests {
  /** Whether a request is open. */
  readonly isOpen: boolean;
  /** Asks for so many messages, by default 2000; within bytes, for as many of these as have 8 MiB together. */
  ask(most?: number, withinBytes?: boolean): void;
  close(): void;
}

/** How many messages are asked for at once. */
const batch = 2_000;
/** How many bytes at most come for one request; more where a single message may be larger. */
const maxBytes = 8_388_608;
/** How long a request stays open on the server, in milliseconds. */
const expiresMs = 5_000;
/** While it is open and nothing comes, the server says so often that it is there, in milliseconds. */
const heartbeatMs = 500;
/** Not to hear anything for so long, in milliseconds, is to hear nothing any more. */
const silenceMs = 2_000;

/**
 * Asks the consumer itself, as the client library bounds a request by messages or by bytes and here both have to be: what
 * is read waits in memory while the database is away.
 */
export function pullRequests({ connection, js }: NatsLink, options: PullOptions): PullRequests {
  const { stream, consumer, onMessage, onEnd, onIdle, onFailure } = options;
  const subject = `${js.apiPrefix}.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
  const inbox = createInbox();
  const bytes = Math.max(maxBytes, (connection.info?.max_payload ?? 0) + 65_536);
  let asked = 0;
  let isOpen = false;
  let received = 0;
  let heard = true;
  let guard: NodeJS.Timeout | undefined;
  const subscription = connection.subscribe(inbox, {
    callback: (error, message) => {
      heard = true;
      if (error !== null) fail(asSyncError(error, `read ${stream}`));
      else if (message.subject === inbox) hear(message);
      else {
        received += 1;
        onMessage(message);
        if (received === asked) end();
      }
    },
  });

  // The connection was closed, as this itself ends no request that is open.
  void subscription.closed.then(() => {
    if (isOpen) fail(closed(stream));
  });

  return {
    get isOpen() {
      return isOpen;
    },
    ask(most = batch, withinBytes = true) {
      if (isOpen || connection.isClosed()) return;
      isOpen = true;
      asked = most;
      received = 0;
      heard = true;
      guard = setInterval(listen, silenceMs);
      const request = {
        batch: asked,
        ...(withinBytes ? { max_bytes: bytes } : {}),
        expires: nanos(expiresMs),
        idle_heartbeat: nanos(heartbeatMs),
      };
      connection.publish(subject, JSON.stringify(request), { reply: inbox });
    },
    close() {
      clearInterval(guard);
      isOpen = false;
      if (!subscription.isClosed()) subscription.unsubscribe();
    },
  };

  function listen(): void {
    if (!heard) fail(silent(stream));
    heard = false;
  }

  function end(): void {
    clearInterval(guard);
    isOpen = false;
    onEnd(received);
  }

  function fail(error: SyncError): void {
    clearInterval(guard);
    onFailure(error);
  }

  // 404 and 408: no more for now. 409: its bytes are full, or it is gone with its consumer; the next request tells which.
  function hear({ headers }: Msg): void {
    const code = headers?.code ?? 0;
    if (code === 100 || code === 404 || code === 408) onIdle();
    if (code === 404 || code === 408 || (code === 409 && received > 0)) end();
    else if (code !== 100) fail(unreadable(stream, code, headers?.description));
  }
}

function unreadable(stream: string, code: number, description: string | undefined): SyncError {
  return new SyncError("JETSTREAM", `${stream} cannot be read: ${description || code}`, {
    retryable: true,
    details: { code },
  });
}

function closed(stream: string): SyncError {
  return new SyncError("CLOSED", `the connection was closed while ${stream} was read`);
}

function silent(stream: string): SyncError {
  return new SyncError("NATS_UNREACHABLE", `nobody answers who reads ${stream}`, { retryable: true });
}
