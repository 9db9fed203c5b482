import type { Database } from "@mister-smith/client";
import type { EventOf } from "../events/event-subject.ts";

/** What a handler knows of the message beside the event. */
export interface MessageContext {
  readonly subject: string;
  readonly stream: string;
  readonly sequence: number;
  /** When the stream stored it. */
  readonly time: Date;
  /** How often it is tried, from 1. */
  readonly attempt: number;
  /** Aborted when the handler has had its time, also the time that it has when the consumer stops. */
  readonly signal: AbortSignal;
}

/** A message that is given up. */
export interface DeadMessage {
  readonly subject: string;
  readonly stream: string;
  readonly sequence: number;
  readonly data: Uint8Array;
  readonly attempts: number;
  /** `UNREADABLE`: not an event, or `orderedBy` threw; `ATTEMPTS_EXHAUSTED`: the handler failed too often; `NEVER_ENDED`: its process died each time. */
  readonly code: "UNREADABLE" | "ATTEMPTS_EXHAUSTED" | "NEVER_ENDED";
  readonly reason: string;
}

/** How messages of a subject are dealt with. */
export interface ConsumeOptions<Subject extends string> {
  /** Which subjects, with wildcards: `tasks.created.>`. */
  readonly subject: Subject;
  /** Names the place in the stream that is kept: several processes of one name share the messages. */
  readonly durable: string;
  /** Deals with one event. When it resolves the message is done with; when it throws it comes again. */
  readonly handler: (event: EventOf<Subject>, message: MessageContext) => Promise<void> | void;
  /** The stream. Default: whichever takes the subject. */
  readonly stream?: string | undefined;
  /** How many handlers run at once. Default: 10. */
  readonly concurrency?: number | undefined;
  /**
   * Events of one key are dealt with one after the other, in their order, also while one of them is tried again. Within
   * this process: two processes of one durable name share the events of a key. An event for which it throws is given
   * up as `UNREADABLE`. Default: no order.
   */
  readonly orderedBy?: ((event: EventOf<Subject>) => string) | undefined;
  /**
   * After so many attempts it is given up. Default: 5. What a process had when it died counts as one, and what it gave back
   * untried when it stopped. A durable consumer that is there already and delivers less often has the last word: then it is
   * that many; one that delivers once is refused.
   */
  readonly maxDeliver?: number | undefined;
  /** After so long without a sign of life another process gets the message, in milliseconds. Handlers may take longer: signs are given. Default: 30000. */
  readonly ackWaitMs?: number | undefined;
  /** The pauses before the second attempt, the third …, in milliseconds; the last one counts for all others. Default: 1000, 5000, 30000. */
  readonly backoff?: readonly number[] | undefined;
  /**
   * A handler that takes longer has failed: its signal is aborted, and how it ends after that counts no more. It may
   * then still run beside the next attempt. In milliseconds; 0: it may take any time. Default: 300000.
   */
  readonly handlerTimeoutMs?: number | undefined;
  /** When messages are here and no handler has ended for so long, the status is `stuck`; in milliseconds. Default: 120000. */
  readonly stuckAfterMs?: number | undefined;
  /** Where what is given up goes: to `sync.dead_letters`, as pipe `consume:<durable>`. */
  readonly database?: Database | undefined;
  /**
   * Where what is given up is published, when there is no database. Its headers say why. With neither of the two nothing can
   * be given up: it comes again and again.
   */
  readonly deadLetterSubject?: string | undefined;
  /** Hears of what is given up, after it is kept. What it throws is told to `onError`. */
  readonly onDead?: ((dead: DeadMessage) => void) | undefined;
  /** Hears of attempts that failed, and of what else goes wrong; it goes on by itself. What it throws becomes a warning of the process. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /**
   * How long `stop` waits for running handlers, and for those of messages that cannot be given back, before it aborts their
   * signal, in milliseconds. Default: 10000.
   */
  readonly stopTimeoutMs?: number | undefined;
}
