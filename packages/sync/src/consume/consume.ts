import { setTimeout as pause } from "node:timers/promises";
import type { ConsumerMessages, JsMsg } from "@nats-io/jetstream";
import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import type { EventOf } from "../events/event-subject.ts";
import { parseEvent } from "../events/parse-event.ts";
import type { Service, ServiceStatus } from "../lifecycle/service.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { bell } from "../relay/bell.ts";
import type { ConsumeOptions, DeadMessage } from "./consume-options.ts";
import { ensureConsumer, type FoundConsumer } from "./ensure-consumer.ts";
import { lanes } from "./lanes.ts";
import { parkMessage } from "./park-message.ts";

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
 * cannot be kept, it comes again.
 *
 * @throws SyncError `TOPOLOGY` when there is no such stream, or the durable consumer is for something else;
 *   `NATS_UNREACHABLE`; `INVALID_INPUT`
 */
export async function consume<const Subject extends string>(
  link: NatsLink,
  options: ConsumeOptions<Subject>,
): Promise<Consumption> {
  const consumption = createConsumption(link, options);
  await consumption.start();
  return consumption;
}

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
  refuseBad({ concurrency, maxDeliver, ackWaitMs, stopTimeoutMs });
  // With an order many may wait for few: there must be some for the other keys, too.
  const most = orderedBy === undefined ? concurrency * 2 : concurrency * 10;
  const counts = { handled: 0, failed: 0, dead: 0 };
  const held = new Set<JsMsg>();
  let run: Run | undefined;
  let starting: Promise<void> | undefined;
  let stopped = false;
  let why: string | undefined;

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
      return { state: why === undefined ? "running" : "stuck", why };
    },
    stats: () => ({ ...counts, held: held.size }),
    [Symbol.asyncDispose]: () => service.stop(),
  };
  return service;

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
      held.add(message);
      const event = readEvent(message);
      const key = event === undefined ? undefined : orderedBy?.(event);
      track.add(key, async () => {
        try {
          await deal(from, message, event, stopping, aborting.signal);
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

  function readEvent(message: JsMsg): EventOf<Subject> | undefined {
    try {
      return parseEvent(message.subject, message.data) as EventOf<Subject>;
    } catch {
      return undefined;
    }
  }

  /** One message from its turn to its end: it is acknowledged, ended, or comes again. */
  async function deal(
    from: FoundConsumer,
    message: JsMsg,
    event: EventOf<Subject> | undefined,
    stopping: AbortSignal,
    signal: AbortSignal,
  ): Promise<void> {
    if (event === undefined) return giveUp(from, message, "UNREADABLE", reasonOf(message), 1);
    for (let attempt = message.info.deliveryCount; ; attempt += 1) {
      // It was never told how it ended: its process died of it, perhaps.
      if (attempt > maxDeliver) {
        return giveUp(
          from,
          message,
          "NEVER_ENDED",
          `delivered ${attempt} times and never ended`,
          attempt - 1,
        );
      }
      // Given back at once, so that another process need not wait.
      if (stopping.aborted) return message.nak();
      const failure = await attemptOnce(from, message, event, attempt, signal);
      if (failure === undefined) return;
      if (attempt >= maxDeliver) return giveUp(from, message, "ATTEMPTS_EXHAUSTED", failure, attempt);
      if (orderedBy === undefined) return message.nak(delayAfter(attempt));
      // Given back, it would come after those behind it. So it stays, and they wait.
      await pause(delayAfter(attempt), undefined, { signal: stopping }).catch(() => {});
    }
  }

  /** Why the handler failed; undefined when it did not, and the message is acknowledged. */
  async function attemptOnce(
    from: FoundConsumer,
    message: JsMsg,
    event: EventOf<Subject>,
    attempt: number,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    try {
      await handler(event, contextOf(from, message, attempt, signal));
    } catch (error) {
      counts.failed += 1;
      onError?.(error);
      return error instanceof Error ? error.message : String(error);
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

  async function giveUp(
    from: FoundConsumer,
    message: JsMsg,
    code: DeadMessage["code"],
    reason: string,
    attempts: number,
  ): Promise<void> {
    const { stream, streamCreated } = from;
    const { data, seq: sequence } = message;
    const dead: DeadMessage = { subject: message.subject, stream, sequence, data, attempts, code, reason };
    const { database, deadLetterSubject } = options;
    await parkMessage({ link, durable, streamCreated, database, deadLetterSubject }, message, dead);
    // Without a reason: nats-server 2.9 does not know a termination that gives one, and would deliver it again.
    message.term();
    counts.dead += 1;
    onDead?.(dead);
  }

  function delayAfter(attempt: number): number {
    return backoff[Math.min(attempt, backoff.length) - 1] ?? 1_000;
  }

  function report(error: unknown): void {
    why = error instanceof Error ? error.message : String(error);
    onError?.(error);
  }

  function reasonOf(message: JsMsg): string {
    try {
      parseEvent(message.subject, message.data);
      return "";
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Takes so many messages, or as many as come within a while. */
  async function fetch(
    { stream }: FoundConsumer,
    room: number,
    stopping: AbortSignal,
    take: (message: JsMsg) => void,
  ): Promise<void> {
    let messages: ConsumerMessages | undefined;
    const end = () => messages?.stop();
    try {
      const consumer = await link.js.consumers.get(stream, durable);
      messages = await consumer.fetch({ max_messages: room, expires: fetchMs });
      stopping.addEventListener("abort", end, { once: true });
      if (stopping.aborted) end();
      for await (const message of messages) {
        // What comes while it stops goes back at once.
        if (stopping.aborted) message.nak();
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

function refuseBad(numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (Number.isInteger(value) && value > 0) continue;
    throw new SyncError("INVALID_INPUT", `${name} is ${value}, and must be a whole number above 0`);
  }
}
