import type { Msg } from "@nats-io/transport-node";
import { createInbox } from "@nats-io/transport-node";
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
  /** Nothing comes any more. */
  readonly onFailure: (error: SyncError) => void;
}

/** Asks for messages, one request at a time. */
export interface PullRequests {
  /** Whether a request is open. */
  readonly isOpen: boolean;
  ask(): void;
  close(): void;
}

/** How many messages are asked for at once. */
const batch = 2_000;
/** How many bytes at most come for one request; more where a single message may be larger. */
const maxBytes = 8_388_608;
/** How long a request stays open on the server, in milliseconds. */
const expiresMs = 5_000;
/** Who has heard nothing of the end of a request for so long after it, in milliseconds, hears nothing any more. */
const graceMs = 2_000;

/**
 * Asks the consumer itself, as the client library bounds a request by messages or by bytes and here both have to be: what
 * is read waits in memory while the database is away.
 */
export function pullRequests({ connection, js }: NatsLink, options: PullOptions): PullRequests {
  const { stream, consumer, onMessage, onEnd, onFailure } = options;
  const subject = `${js.apiPrefix}.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
  const inbox = createInbox();
  const bytes = Math.max(maxBytes, (connection.info?.max_payload ?? 0) + 65_536);
  const request = JSON.stringify({ batch, max_bytes: bytes, expires: expiresMs * 1_000_000 });
  let isOpen = false;
  let received = 0;
  let guard: NodeJS.Timeout | undefined;
  const subscription = connection.subscribe(inbox, {
    callback: (error, message) => {
      if (error !== null) return fail(asSyncError(error, `read ${stream}`));
      if (message.subject === inbox) return hear(message);
      received += 1;
      onMessage(message);
      if (received === batch) end();
    },
  });

  return {
    get isOpen() {
      return isOpen;
    },
    ask() {
      if (isOpen || connection.isClosed()) return;
      isOpen = true;
      received = 0;
      guard = setTimeout(() => fail(silent(stream)), expiresMs + graceMs);
      connection.publish(subject, request, { reply: inbox });
    },
    close() {
      clearTimeout(guard);
      if (!subscription.isClosed()) subscription.unsubscribe();
    },
  };

  function end(): void {
    clearTimeout(guard);
    isOpen = false;
    onEnd(received);
  }

  function fail(error: SyncError): void {
    clearTimeout(guard);
    onFailure(error);
  }

  // 404 and 408: no more for now. 409: its bytes are full, or it is gone with its consumer; the next request tells which.
  function hear({ headers }: Msg): void {
    const code = headers?.code ?? 0;
    if (code === 404 || code === 408 || (code === 409 && received > 0)) return end();
    if (code === 100) return;
    fail(
      new SyncError("JETSTREAM", `${stream} cannot be read: ${headers?.description || code}`, {
        retryable: true,
        details: { code },
      }),
    );
  }
}

function silent(stream: string): SyncError {
  return new SyncError("NATS_UNREACHABLE", `nobody answers who reads ${stream}`, { retryable: true });
}
