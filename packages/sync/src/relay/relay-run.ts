import type { OutboxEvent } from "../events/outbox-event.ts";
import { tell } from "../lifecycle/tell.ts";
import { watchConnection } from "../nats/connection-watch.ts";
import { bell } from "./bell.ts";
import { deliverEvent } from "./deliver-event.ts";
import { classOf, familyOf } from "./event-class.ts";
import { lines } from "./lines.ts";
import { closedLines, type ParkReason, parkEvent, removePending } from "./outbox-changes.ts";
import { lookAhead, lookAtAll } from "./outbox-look.ts";
import { publishPipeline } from "./publish-pipeline.ts";
import type { RelayCounters } from "./relay-counters.ts";
import type { RelayOptions } from "./relay-options.ts";
import { relayProjections } from "./relay-projections.ts";
import { remover } from "./remover.ts";
import { advance, freshSearch, sweep } from "./search.ts";

/** A relay from its start to its stop. */
export interface RelayRun {
  hint(): void;
  sweep(): void;
  readonly held: number;
  /** Ends it, within the time that a publish and a statement may take. */
  end(): Promise<void>;
}

/** A call may take so long before it is given up and made again. */
const statementMs = 30_000;

/** Begins to relay. */
export function relayRun(options: RelayOptions, counters: RelayCounters): RelayRun {
  const { database, link, lease, maxHeld = 2_048, maxInFlight = 512, batchSize = 512 } = options;
  const { minPollMs = 5, maxPollMs = 250, sweepEveryMs = 5_000, maxAttempts = 8 } = options;
  const on = database.background;
  const ending = new AbortController();
  const call = { signal: ending.signal, timeoutMs: statementMs };
  const wake = bell();

  const pipeline = publishPipeline(link);
  const delivery = {
    link,
    pipeline,
    projections: relayProjections(options),
    published: ({ duplicate }: { readonly duplicate: boolean }) => {
      if (duplicate) counters.duplicates += 1;
    },
  };
  const connection = watchConnection(link, (connected) => {
    if (connected) held.wake();
    wake.ring();
  });

  /** Every event that is held, or published and not yet taken from the table. */
  const taken = new Set<number>();
  /** Aggregates that wait for a parked event. */
  let closed: ReadonlyMap<string, number> = new Map();
  /** Classes of which too much has failed, and until when they are left alone. */
  const resting = new Map<string, number>();

  const removal = remover(
    {
      remove: (eventIds) => removePending(on, eventIds, { timeoutMs: statementMs }),
      removed: (eventIds) => {
        for (const eventId of eventIds) taken.delete(eventId);
        counters.published += eventIds.length;
        counters.progressAt = performance.now();
        if (held.size === 0) counters.why = undefined;
        tell(options.onPublished, { events: eventIds.length });
        wake.ring();
      },
      failed,
      moreToCome: () => held.inFlight > 0,
    },
    ending.signal,
  );
  const held = lines(
    {
      deliver: (event) => deliverEvent(delivery, event),
      delivered: (event) => {
        counters.held.delete(familyOf(event));
        removal.add(event.eventId);
      },
      park,
      released: (events) => {
        for (const { eventId } of events) taken.delete(eventId);
      },
      rest: (eventClass, delayMs) => resting.set(eventClass, performance.now() + delayMs),
      failed: (event, error) => {
        counters.failures += 1;
        const { since = performance.now() } = counters.held.get(familyOf(event)) ?? {};
        // In its place: what was held first stays first.
        counters.held.set(familyOf(event), { since, why: textOf(error) });
        failed(error);
      },
      mayDeliver: () => !ending.signal.aborted && connection.connected && lease?.holds() !== false,
    },
    {
      maxInFlight,
      maxAsleep: Math.floor(maxHeld / 2),
      maxAttempts,
      maxDelayMs: options.maxRetryDelayMs ?? 10_000,
    },
  );

  let search = freshSearch;
  let sweptAt = performance.now();
  let sweepCostMs = 0;
  let mustSweep = true;
  const reading = read();

  return {
    hint: () => wake.ring(),
    sweep: () => {
      mustSweep = true;
      wake.ring();
    },
    get held() {
      return taken.size;
    },
    async end() {
      ending.abort();
      wake.ring();
      await reading;
      await held.settled();
      held.clear();
      await removal.finish();
      pipeline.close();
      connection.end();
    },
  };

  function failed(error: unknown): void {
    if (ending.signal.aborted) return;
    counters.why = textOf(error);
    tell(options.onError, error);
  }

  async function park(event: OutboxEvent, reason: ParkReason): Promise<void> {
    await parkEvent(on, event, reason, { timeoutMs: statementMs });
    closed = new Map(closed).set(event.aggregate, event.eventId);
    counters.parked += 1;
    counters.held.delete(familyOf(event));
    tell(options.onParked, { eventId: event.eventId, aggregate: event.aggregate, code: reason.code });
  }

  async function read(): Promise<void> {
    let pauseMs = minPollMs;
    while (!ending.signal.aborted && lease?.holds() !== false) {
      const room = Math.min(batchSize, maxHeld - taken.size);
      if (!connection.connected || (room < batchSize / 4 && taken.size > 0)) {
        await wake.wait(maxPollMs);
        continue;
      }
      try {
        const found = await look(room);
        pauseMs = found > 0 ? minPollMs : Math.min(maxPollMs, pauseMs * 2);
        if (found < room) await wake.wait(pauseMs);
      } catch (error) {
        failed(error);
        pauseMs = Math.min(2_000, Math.max(50, pauseMs * 2));
        await wake.wait(pauseMs);
      }
    }
  }

  /** One look; how many events it found. Whatever may be taken from now on must be decided before it begins. */
  async function look(room: number): Promise<number> {
    if (isSweepDue()) {
      closed = await closedLines(on, call);
      search = sweep(search);
      mustSweep = false;
      sweptAt = performance.now();
      sweepCostMs = 0;
    }
    const begun = performance.now();
    const sweeping = search.sweptTo;
    const found =
      sweeping === undefined
        ? await lookAhead(on, search, room, call)
        : await lookAtAll(on, sweeping, passedOver(), room, call);
    if (sweeping !== undefined) sweepCostMs += performance.now() - begun;
    search = advance(search, found);
    admit(found.events);
    if (found.ids.length === 0 && taken.size === 0) {
      counters.progressAt = performance.now();
      if (resting.size === 0) counters.held.clear();
    }
    return found.ids.length;
  }

  function isSweepDue(): boolean {
    const now = performance.now();
    for (const [eventClass, until] of resting) {
      if (until > now) continue;
      resting.delete(eventClass);
      // From the beginning, also in the midst of another one: that has passed the class's earlier events over.
      mustSweep = true;
    }
    return mustSweep || (search.sweptTo === undefined && now > sweptAt + sweepCostMs * 20 + sweepEveryMs);
  }

  function passedOver() {
    return { taken: [...taken], aggregates: [...closed.keys()], classes: [...resting.keys()] };
  }

  function admit(events: readonly OutboxEvent[]): void {
    const admitted = events.filter(
      ({ eventId, aggregate }) =>
        !taken.has(eventId) && !closed.has(aggregate) && !resting.has(classOf(aggregate)),
    );
    for (const { eventId } of admitted) taken.add(eventId);
    held.admit(admitted);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
