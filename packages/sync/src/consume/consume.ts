import { setTimeout as pause } from "node:timers/promises";
import type { ConsumerMessages, JsMsg } from "@nats-io/jetstream";
import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import type { EventOf } from "../events/event-subject.ts";
import { parseEvent } from "../events/parse-event.ts";
import type { Service, ServiceStatus } from "../lifecycle/service.ts";
import { tell } from "../lifecycle/tell.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { bell } from "../relay/bell.ts";
import type { ConsumeOptions, DeadMessage } from "./consume-options.ts";
import { ensureConsumer, type FoundConsumer } from "./ensure-consumer.ts";
import { lanes } from "./lanes.ts";
import { parkMessage } from "./park-message.ts";
import { runHandler } from "./run-handler.ts";

/** How much a consumer has done since it was made. */
export interface ConsumptionStats {
  readonly handled: number;
  readonly failed: number;
  readonly dead: number;
  /** Messages that are here and not done with. */
  readonly held: number;
}

/** Messages of a subject being dealt with. */
export interface Consumption extends Service {
  stats(): ConsumptionStats;
}

/**
 * Deals with the events of a subject, each at least once: a message is acknowledged when its handler has resolved, and
 * comes again when it throws, when its process dies, or when the acknowledgement gets lost. A handler must be fit for
 * that; `event.id` is the same each time.
 *
 * What is not an event, and what has failed `maxDeliver` times, is kept as a dead letter and comes no more. While it
 * cannot be kept, it comes again. That holds for a durable consumer that the server limits, too (`max_deliver`): its last
 * delivery is left for giving up, and attempts that remain before it are made without giving the message back. With a
 * `max_deliver` of 1 there is none to leave, and such a consumer is refused.
 *
 * A stop gives back what was not begun, for another process to go on with. That counts as a delivery, and so it is not done
 * with the last one of `maxDeliver`: that is dealt with before the stop ends, if there is time.
 *
 * @throws SyncError `TOPOLOGY` when there is no such stream, or the durable consumer is for something else, or the server
 *   would drop what it has delivered once; `NATS_UNREACHABLE`; `INVALID_INPUT`
 */
export async function consume<const Subject extends string>(
  link: NatsLink,
  options: ConsumeOptions<Subject>,
): Promise<Consumption> {
  const consumption = createConsumption(link, options);
  await consumption.start();
  return consumption;
}

/** What a message says, and after whose events it comes; or why that cannot be told. */
type Reading<Event> =
  | { readonly event: Event; readonly key: string | undefined }
  | { readonly event: undefined; readonly key: undefined; readonly reason: string };

interface Run {
  readonly stopping: AbortController;
  readonly done: Promise<void>;
}

/** As {@link consume}, not started. */
export function createConsumption<const Subject extends string>(
  link: NatsLink,
  options: ConsumeOptions<Subject>,
): Consumption {
  const { subject, durable, handler, concurrency = 10, orderedBy, maxDeliver = 5, onError, onDead } = options;
  const { ackWaitMs = 30_000, backoff = [1_000, 5_000, 30_000], stopTimeoutMs = 10_000 } = options;
  const { handlerTimeoutMs = 300_000, stuckAfterMs = 120_000 } = options;
  refuseBad({ concurrency, maxDeliver, ackWaitMs, stopTimeoutMs, stuckAfterMs });
  if (handlerTimeoutMs !== 0) refuseBad({ handlerTimeoutMs });
  // With an order many may wait for few: there must be some for the other keys, too.
  const most = orderedBy === undefined ? concurrency * 2 : concurrency * 10;
  const counts = { handled: 0, failed: 0, dead: 0 };
  const held = new Set<JsMsg>();
  let run: Run | undefined;
  let starting: Promise<void> | undefined;
  let stopped = false;
  let why: string | undefined;
  /** When a handler has ended last, or there was nothing to do. */
  let progressAt = performance.now();

  const service: Consumption = {
    name: `consume ${durable}`,
    start() {
      starting ??= begin().finally(() => {
        starting = undefined;
      });
      return starting;
    },
    async stop() {
      await starting?.catch(() => {});
      if (run === undefined) return;
      const ending = run;
      ending.stopping.abort();
      await ending.done;
      if (run === ending) run = undefined;
      stopped = true;
    },
    status(): ServiceStatus {
      if (starting !== undefined) return { state: "starting", why };
      if (run === undefined) return { state: stopped ? "stopped" : "idle", why: undefined };
      if (run.stopping.signal.aborted) return { state: "stopping", why: undefined };
      const reason = why ?? whyNoProgress();
      return { state: reason === undefined ? "running" : "stuck", why: reason };
    },
    stats: () => ({ ...counts, held: held.size }),
    [Symbol.asyncDispose]: () => service.stop(),
  };
  return service;

  function whyNoProgress(): string | undefined {
    const since = performance.now() - progressAt;
    if (held.size === 0 || since < stuckAfterMs) return undefined;
    return `${held.size} messages are here, and no handler has ended for ${Math.round(since)} ms`;
  }

  async function begin(): Promise<void> {
    if (run !== undefined && !run.stopping.signal.aborted) return;
    await run?.done;
    const found = await ensure();
    const stopping = new AbortController();
    stopped = false;
    why = undefined;
    run = { stopping, done: work(found, stopping.signal) };
  }

  function ensure(): Promise<FoundConsumer> {
    return ensureConsumer(link, {
      stream: options.stream,
      subject,
      durable,
      ackWaitMs,
      maxAckPending: Math.max(1_000, most * 4),
    });
  }

  async function work(first: FoundConsumer, stopping: AbortSignal): Promise<void> {
    const aborting = new AbortController();
    const freed = bell();
    const track = lanes(concurrency, () => freed.ring());
    let consumer = first;
    // All that is held gives signs of life, also what waits its turn.
    const beat = setInterval(
      () => {
        for (const message of held) message.working();
      },
      Math.max(50, consumer.ackWaitMs / 3),
    );
    let failures = 0;
    while (!stopping.aborted) {
      const room = most - track.size;
      if (room < Math.max(1, most / 4)) {
        await freed.wait(1_000);
        continue;
      }
      try {
        await fetch(consumer, room, stopping, (message) => take(consumer, message));
        failures = 0;
        why = undefined;
      } catch (error) {
        if (stopping.aborted) break;
        failures += 1;
        report(error);
        await pause(Math.min(5_000, 100 * 2 ** failures), undefined, { signal: stopping }).catch(() => {});
        consumer = await ensure().catch(() => consumer);
      }
    }
    await drain();
    clearInterval(beat);
    held.clear();

    function take(from: FoundConsumer, message: JsMsg): void {
      if (held.size === 0) progressAt = performance.now();
      held.add(message);
      const reading = read(message);
      track.add(reading.key, async () => {
        try {
          await deal(from, message, reading, stopping, aborting.signal);
        } catch (error) {
          report(error);
          message.nak(delayAfter(message.info.deliveryCount));
        } finally {
          held.delete(message);
        }
      });
    }

    /** Lets handlers come to their end; who does not within the time is told, and then left. */
    async function drain(): Promise<void> {
      const until = performance.now() + stopTimeoutMs;
      while (track.size > 0 && performance.now() < until)
        await freed.wait(Math.max(1, until - performance.now()));
      if (track.size === 0) return;
      aborting.abort(new SyncError("CLOSED", "the consumer stops"));
      const last = performance.now() + 1_000;
      while (track.size > 0 && performance.now() < last)
        await freed.wait(Math.max(1, last - performance.now()));
    }
  }

  function read(message: JsMsg): Reading<EventOf<Subject>> {
    try {
      const event = parseEvent(message.subject, message.data) as EventOf<Subject>;
      return { event, key: orderedBy?.(event) };
    } catch (error) {
      return { event: undefined, key: undefined, reason: textOf(error) };
    }
  }

  /** One message from its turn to its end: it is acknowledged, ended, or comes again. */
  async function deal(
    from: FoundConsumer,
    message: JsMsg,
    reading: Reading<EventOf<Subject>>,
    stopping: AbortSignal,
    signal: AbortSignal,
  ): Promise<void> {
    const end = (code: DeadMessage["code"], reason: string, attempts: number) =>
      giveUp(from, message, { code, reason, attempts }, stopping, signal);
    if ("reason" in reading) return end("UNREADABLE", reading.reason, 1);
    const { deliveryCount } = message.info;
    const most = mostOf(from);
    // It was never told how it ended: its process died of it, perhaps.
    if (isOver(from, message, most)) {
      return end("NEVER_ENDED", `delivered ${deliveryCount} times and never ended`, deliveryCount - 1);
    }
    const isKept = orderedBy !== undefined || isScarce(from, message);
    for (let attempt = deliveryCount; ; attempt += 1) {
      // Given back at once, so that another process need not wait. When the time to stop is over, nothing more begins.
      if (signal.aborted || goesBack(from, message, stopping)) return message.nak();
      const failure = await attemptOnce(from, message, reading.event, attempt, signal);
      if (failure === undefined) return;
      if (attempt >= most) return end("ATTEMPTS_EXHAUSTED", failure, attempt);
      if (!isKept) return message.nak(delayAfter(attempt));
      // Given back, it would come after those behind it, or for the last time. So it stays, and they wait.
      await pause(delayAfter(attempt), undefined, { signal: stopping }).catch(() => {});
    }
  }

  /** Why the handler failed; undefined when it did not, and the message is acknowledged. */
  async function attemptOnce(
    from: FoundConsumer,
    message: JsMsg,
    event: EventOf<Subject>,
    attempt: number,
    stopped: AbortSignal,
  ): Promise<string | undefined> {
    const work = (signal: AbortSignal) => handler(event, contextOf(from, message, attempt, signal));
    const ended = () => {
      progressAt = performance.now();
    };
    try {
      await runHandler({ work, timeoutMs: handlerTimeoutMs, stopped, ended });
    } catch (error) {
      counts.failed += 1;
      tell(onError, error);
      return textOf(error);
    }
    message.ack();
    counts.handled += 1;
    return undefined;
  }

  function contextOf(from: FoundConsumer, message: JsMsg, attempt: number, signal: AbortSignal) {
    return {
      subject: message.subject,
      stream: from.stream,
      sequence: message.seq,
      time: message.time,
      attempt,
      signal,
    };
  }

  /** Keeps it and ends it. What the server would not deliver for another try stays here until it is kept. */
  async function giveUp(
    from: FoundConsumer,
    message: JsMsg,
    why: Pick<DeadMessage, "code" | "reason" | "attempts">,
    stopping: AbortSignal,
    stopped: AbortSignal,
  ): Promise<void> {
    const { stream, streamCreated } = from;
    const { data, seq: sequence } = message;
    const dead: DeadMessage = { subject: message.subject, stream, sequence, data, ...why };
    const { database, deadLetterSubject } = options;
    const target = { link, durable, streamCreated, database, deadLetterSubject };
    for (let failures = 1; ; failures += 1) {
      try {
        await parkMessage(target, message, dead);
        break;
      } catch (error) {
        if (stopped.aborted || !isScarce(from, message)) throw error;
        report(error);
        const pausing = stopping.aborted ? stopped : stopping;
        await pause(delayAfter(failures), undefined, { signal: pausing }).catch(() => {});
      }
    }
    // Without a reason: nats-server 2.9 does not know a termination that gives one, and would deliver it again.
    message.term();
    counts.dead += 1;
    tell(onDead, dead, (error) => tell(onError, error));
  }

  function mostOf(from: FoundConsumer): number {
    return Math.min(maxDeliver, from.maxDeliver);
  }

  /** Whether a stop gives it back: only when it can be had for another try. */
  function goesBack(from: FoundConsumer, message: JsMsg, stopping: AbortSignal): boolean {
    return stopping.aborted && message.info.deliveryCount < mostOf(from) && !isScarce(from, message);
  }

  function delayAfter(attempt: number): number {
    return backoff[Math.min(attempt, backoff.length) - 1] ?? 1_000;
  }

  function report(error: unknown): void {
    why = textOf(error);
    tell(onError, error);
  }

  /** Takes so many messages, or as many as come within a while. */
  async function fetch(
    from: FoundConsumer,
    room: number,
    stopping: AbortSignal,
    take: (message: JsMsg) => void,
  ): Promise<void> {
    let messages: ConsumerMessages | undefined;
    const end = () => messages?.stop();
    try {
      const consumer = await link.js.consumers.get(from.stream, durable);
      messages = await consumer.fetch({ max_messages: room, expires: fetchMs });
      stopping.addEventListener("abort", end, { once: true });
      if (stopping.aborted) end();
      for await (const message of messages) {
        // What comes while it stops goes back at once.
        if (goesBack(from, message, stopping)) message.nak();
        else take(message);
      }
    } catch (error) {
      throw asSyncError(error, `consume ${subject} as ${durable}`);
    } finally {
      stopping.removeEventListener("abort", end);
    }
  }
}

/** How long one request waits for messages. */
const fetchMs = 5_000;

/** Whether the server delivers it once more at most: no other try can be had by giving it back. */
function isScarce(from: FoundConsumer, message: JsMsg): boolean {
  return message.info.deliveryCount >= from.maxDeliver - 1;
}

/**
 * Whether it has had its tries: also when the server will not deliver it again, and there was a delivery before, for the
 * last one is left for giving up.
 */
function isOver(from: FoundConsumer, message: JsMsg, most: number): boolean {
  const { deliveryCount } = message.info;
  return deliveryCount > most || (deliveryCount > 1 && deliveryCount >= from.maxDeliver);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function refuseBad(numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (Number.isInteger(value) && value > 0) continue;
    throw new SyncError("INVALID_INPUT", `${name} is ${value}, and must be a whole number above 0`);
  }
}
