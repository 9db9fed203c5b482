import { classifyJetStreamError, jetStreamCodeOf } from "@mister-smith/errors";
import { JetStreamApiError } from "@nats-io/jetstream";
import { createInbox, type Msg, type MsgHdrs } from "@nats-io/transport-node";
import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import type { NatsLink } from "../nats/nats-link.ts";

/** What JetStream answered to a message. */
export interface Ack {
  /** Its number in the stream. */
  readonly sequence: number;
  /** It was there already, by its `Nats-Msg-Id`. */
  readonly duplicate: boolean;
}

/** A message, and how long it may take. */
export interface WriteRequest {
  readonly subject: string;
  readonly data: Uint8Array;
  /** Must name a `Nats-Msg-Id`, or a condition, when it may be sent again: it is. */
  readonly headers: MsgHdrs;
  /** By `performance.now()`. */
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
  /** Told before it is sent again. */
  readonly onResend?: (() => void) | undefined;
}

/** Publishes many messages at once, tells of each when it is stored, and sends again what got no answer. */
export interface AckedWriter {
  /**
   * @throws SyncError `TIMEOUT` when it may have been stored or not; `NATS_UNREACHABLE` when it was not; `TOPOLOGY` when
   *   there is no such stream; `ABORTED`, `CLOSED`; what JetStream refused it with
   */
  write(request: WriteRequest): Promise<Ack>;
  /** Ends it; what has no answer yet fails. Safe twice. */
  close(): void;
}

interface Pending extends WriteRequest {
  readonly resolve: (ack: Ack) => void;
  readonly reject: (error: unknown) => void;
  readonly stopListening: (() => void) | undefined;
  readonly sentFirst: number;
  resendAt: number;
  resendAfterMs: number;
  /** How often it was sent without any answer. */
  unanswered: number;
}

const firstResendMs = 2_000;
const sweepMs = 25;
/** What a cluster answers to a message whose id it has, while that is not stored yet. */
const duplicateInProcess = 10_158;
/** The pause after the answer that nobody leads the stream just now. */
const leaderlessMs = 100;

/**
 * The client library makes a promise with a timer and a stack trace for each request. Here one subscription takes all
 * answers and one timer, which runs only while something is under way, looks after them.
 *
 * @param duplicateWindowMs for how long the stream knows a message again: nothing is repeated for longer than half of it
 */
export function ackedWriter(link: NatsLink, stream: string, duplicateWindowMs: number): AckedWriter {
  const { connection } = link;
  const inbox = createInbox();
  const tokenAt = inbox.length + 1;
  const pending = new Map<string, Pending>();
  const repeatForMs = Math.min(60_000, duplicateWindowMs / 2);
  let count = 0;
  let sweeper: NodeJS.Timeout | undefined;
  let closed = false;
  let lookedForStreamAt = Number.NEGATIVE_INFINITY;
  const answers = connection.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (error === null) answered(message);
    },
  });
  const status = connection.status();
  void resendAfterReconnects();

  return {
    write(request) {
      if (closed) return Promise.reject(closedError());
      if (request.signal?.aborted === true) return Promise.reject(abortedError(request, false));
      const { promise, resolve, reject } = Promise.withResolvers<Ack>();
      count += 1;
      const token = count.toString(36);
      const now = performance.now();
      const entry: Pending = {
        ...request,
        resolve,
        reject,
        stopListening: listen(token, request),
        sentFirst: now,
        resendAt: now + firstResendMs,
        resendAfterMs: firstResendMs,
        unanswered: 0,
      };
      pending.set(token, entry);
      send(token, entry);
      sweeper ??= setInterval(sweep, sweepMs);
      return promise;
    },
    close() {
      if (closed) return;
      closed = true;
      if (!connection.isClosed()) answers.unsubscribe();
      for (const token of [...pending.keys()]) fail(token, closedError());
      clearInterval(sweeper);
      (status as { stop?: () => void }).stop?.();
    },
  };

  function send(token: string, entry: Pending): void {
    try {
      connection.publish(entry.subject, entry.data, { headers: entry.headers, reply: `${inbox}.${token}` });
      entry.unanswered += 1;
    } catch (error) {
      fail(token, asSyncError(error, `write ${entry.subject}`));
    }
  }

  function take(token: string): Pending | undefined {
    const entry = pending.get(token);
    if (entry === undefined) return undefined;
    pending.delete(token);
    entry.stopListening?.();
    if (pending.size === 0) {
      clearInterval(sweeper);
      sweeper = undefined;
    }
    return entry;
  }

  function fail(token: string, error: unknown): void {
    take(token)?.reject(error);
  }

  function answered(message: Msg): void {
    const token = message.subject.slice(tokenAt);
    const entry = pending.get(token);
    if (entry === undefined) return;
    const answer = read(message);
    if (answer === undefined) {
      leaderless(entry);
    } else if (!(answer instanceof JetStreamApiError)) {
      take(token)?.resolve(answer);
    } else if (jetStreamCodeOf(answer) === duplicateInProcess) {
      // An earlier sending is on its way through the cluster.
      entry.resendAt = performance.now() + leaderlessMs;
    } else if (classifyJetStreamError(answer) === "unreachable") {
      leaderless(entry);
    } else {
      fail(token, answer);
    }
  }

  // It was certainly not stored: by nobody, at least not this sending of it.
  function leaderless(entry: Pending): void {
    entry.unanswered -= 1;
    entry.resendAt = performance.now() + leaderlessMs;
    const now = performance.now();
    if (now - lookedForStreamAt < 1_000) return;
    lookedForStreamAt = now;
    void failWhenStreamIsMissing();
  }

  async function failWhenStreamIsMissing(): Promise<void> {
    try {
      await link.manager.streams.info(stream);
    } catch (error) {
      if (classifyJetStreamError(error) !== "not-found") return;
      for (const [token, { subject, unanswered }] of [...pending])
        if (unanswered === 0) fail(token, asSyncError(error, `write ${subject}`));
    }
  }

  function sweep(): void {
    const now = performance.now();
    for (const [token, entry] of pending) {
      if (now >= entry.deadline) fail(token, lateError(entry));
      else if (now >= entry.resendAt && now - entry.sentFirst < repeatForMs) resend(token, entry, now);
    }
  }

  function resend(token: string, entry: Pending, now: number): void {
    entry.resendAfterMs = Math.min(entry.resendAfterMs * 2, 15_000);
    entry.resendAt = now + entry.resendAfterMs;
    entry.onResend?.();
    send(token, entry);
  }

  /** What was under way when the connection broke may have been lost in either direction. */
  async function resendAfterReconnects(): Promise<void> {
    for await (const { type } of status) {
      if (closed) return;
      if (type !== "reconnect") continue;
      for (const entry of pending.values()) entry.resendAt = 0;
      sweep();
    }
  }

  function listen(token: string, { signal, subject }: WriteRequest): (() => void) | undefined {
    if (signal === undefined) return undefined;
    const abort = () => fail(token, abortedError({ signal, subject }, true));
    signal.addEventListener("abort", abort, { once: true });
    return () => signal.removeEventListener("abort", abort);
  }
}

interface Answer {
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: { readonly code: number; readonly err_code: number; readonly description: string };
}

/** Undefined: nobody took it. */
function read(message: Msg): Ack | JetStreamApiError | undefined {
  if (message.data.length === 0) return undefined;
  const answer: Answer = JSON.parse(message.string());
  if (answer.error !== undefined) return new JetStreamApiError(answer.error);
  return { sequence: answer.seq ?? 0, duplicate: answer.duplicate === true };
}

function lateError({ subject, unanswered, sentFirst }: Pending): SyncError {
  const waitedMs = Math.round(performance.now() - sentFirst);
  if (unanswered > 0)
    return new SyncError("TIMEOUT", `JetStream has not answered to ${subject} within ${waitedMs} ms`, {
      retryable: true,
      hint: "It may be stored or not: repeat the write with the same writeId, and it is stored once.",
      details: { outcome: "unknown" },
    });
  return new SyncError("NATS_UNREACHABLE", `nobody has taken ${subject} for ${waitedMs} ms`, {
    retryable: true,
    hint: "Nothing was written. Check that nats-server runs with JetStream and its streams have a leader; `smith doctor` looks at it.",
    details: { outcome: "not written", errorClass: "unreachable" },
  });
}

function abortedError(
  { signal, subject }: Pick<WriteRequest, "signal" | "subject">,
  sent: boolean,
): SyncError {
  return new SyncError("ABORTED", `the write of ${subject} was ended by its signal`, {
    cause: signal?.reason,
    details: { outcome: sent ? "unknown" : "not written" },
  });
}

function closedError(): SyncError {
  return new SyncError("CLOSED", "the store was closed", { details: { outcome: "unknown" } });
}
