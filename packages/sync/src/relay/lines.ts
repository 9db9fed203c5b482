import type { OutboxEvent } from "../events/outbox-event.ts";
import { classOf, familyOf } from "./event-class.ts";
import { judgeFailure, retryDelayMs } from "./judge-failure.ts";
import type { ParkReason } from "./outbox-changes.ts";

/** What the lines of events do to the world. */
export interface LinesPorts {
  /** Publishes and projects one event; safe again. */
  readonly deliver: (event: OutboxEvent) => Promise<void>;
  /** An event was delivered. */
  readonly delivered: (event: OutboxEvent) => void;
  /** Records that an event cannot be delivered. */
  readonly park: (event: OutboxEvent, reason: ParkReason) => Promise<void>;
  /** Events are no longer held here: they stay where they were read from. */
  readonly released: (events: readonly OutboxEvent[]) => void;
  /** An event of a class could not be delivered, and too many wait like it: the class rests for so long. */
  readonly rest: (eventClass: string, delayMs: number) => void;
  readonly failed: (event: OutboxEvent, error: unknown) => void;
  /** Whether deliveries may begin now. */
  readonly mayDeliver: () => boolean;
}

/** How many events are held, and what becomes of those that fail. */
export interface LinesLimits {
  readonly maxInFlight: number;
  /** When more events than this wait for another attempt, their class is let go of. */
  readonly maxAsleep: number;
  readonly maxAttempts: number;
  readonly maxDelayMs: number;
}

interface Line {
  readonly aggregate: string;
  readonly events: OutboxEvent[];
  state: "ready" | "busy" | "asleep";
  attempts: number;
  failedAt: number;
  timer: NodeJS.Timeout | undefined;
}

/** Events on their way: one line an aggregate, in which each waits for the one before. */
export interface Lines {
  /** Takes events, which come in order. */
  admit(events: readonly OutboxEvent[]): void;
  /** Begins what may begin. */
  pump(): void;
  /** Wakes all that wait for another attempt. */
  wake(): void;
  readonly inFlight: number;
  /** How many events are held. */
  readonly size: number;
  /** Resolves when nothing is in flight. */
  settled(): Promise<void>;
  /** Ends all timers and lets go of everything. */
  clear(): void;
}

/** Makes the lines. */
export function lines(ports: LinesPorts, limits: LinesLimits): Lines {
  const all = new Map<string, Line>();
  let ready: Line[] = [];
  let nextReady = 0;
  let inFlight = 0;
  let size = 0;
  let asleep = 0;
  let settled: (() => void)[] = [];
  const deliveredAt = new Map<string, number>();

  return {
    admit(events) {
      for (const event of events) admitOne(event);
      size += events.length;
      pump();
    },
    pump,
    wake() {
      for (const line of all.values()) if (line.state === "asleep") wakeUp(line);
      pump();
    },
    get inFlight() {
      return inFlight;
    },
    get size() {
      return size;
    },
    settled() {
      if (inFlight === 0) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      settled.push(resolve);
      return promise;
    },
    clear() {
      for (const line of all.values()) clearTimeout(line.timer);
      all.clear();
      ready = [];
      nextReady = 0;
      size = 0;
      asleep = 0;
    },
  };

  function admitOne(event: OutboxEvent): void {
    const line = all.get(event.aggregate);
    if (line !== undefined) {
      line.events.push(event);
      if (line.state === "asleep") asleep += 1;
      return;
    }
    const made: Line = {
      aggregate: event.aggregate,
      events: [event],
      state: "ready",
      attempts: 0,
      failedAt: 0,
      timer: undefined,
    };
    all.set(event.aggregate, made);
    ready.push(made);
  }

  function pump(): void {
    while (inFlight < limits.maxInFlight && nextReady < ready.length && ports.mayDeliver()) {
      const line = ready[nextReady];
      nextReady += 1;
      if (line !== undefined && line.state === "ready" && all.get(line.aggregate) === line) begin(line);
    }
    if (nextReady === ready.length) {
      ready = [];
      nextReady = 0;
    }
  }

  function begin(line: Line): void {
    const [event] = line.events;
    if (event === undefined) return;
    line.state = "busy";
    inFlight += 1;
    ports.deliver(event).then(
      () => succeeded(line, event),
      (error: unknown) => failed(line, event, error),
    );
  }

  function succeeded(line: Line, event: OutboxEvent): void {
    deliveredAt.set(familyOf(event), performance.now());
    line.attempts = 0;
    if (all.get(line.aggregate) === line) {
      line.events.shift();
      size -= 1;
      if (line.events.length === 0) all.delete(line.aggregate);
      else makeReady(line);
    }
    ports.delivered(event);
    ended();
  }

  function failed(line: Line, event: OutboxEvent, error: unknown): void {
    ports.failed(event, error);
    line.attempts += 1;
    if (line.attempts === 1) line.failedAt = performance.now();
    const verdict = judgeFailure({
      error,
      attempts: line.attempts,
      maxAttempts: limits.maxAttempts,
      othersPass: (deliveredAt.get(familyOf(event)) ?? 0) > line.failedAt,
    });
    if (verdict.do === "retry") {
      sleep(line);
      ended();
      return;
    }
    // The line is busy until that is on record: the next event must not pass while it is not.
    ports.park(event, { code: verdict.code, text: verdict.text, attempts: line.attempts }).then(
      () => {
        release(line);
        ended();
      },
      (notParked: unknown) => {
        ports.failed(event, notParked);
        sleep(line);
        ended();
      },
    );
  }

  function sleep(line: Line): void {
    if (all.get(line.aggregate) !== line) return;
    const delayMs = retryDelayMs(line.attempts, limits.maxDelayMs);
    line.state = "asleep";
    asleep += line.events.length;
    line.timer = setTimeout(() => {
      wakeUp(line);
      pump();
    }, delayMs);
    if (asleep > limits.maxAsleep) restClass(classOf(line.aggregate), delayMs);
  }

  /** Lets go of all that waits in a class: others must not starve because they are held. */
  function restClass(eventClass: string, delayMs: number): void {
    ports.rest(eventClass, delayMs);
    for (const line of all.values()) {
      if (line.state === "asleep" && classOf(line.aggregate) === eventClass) release(line);
    }
  }

  function release(line: Line): void {
    if (all.get(line.aggregate) !== line) return;
    clearTimeout(line.timer);
    if (line.state === "asleep") asleep -= line.events.length;
    all.delete(line.aggregate);
    size -= line.events.length;
    ports.released(line.events);
  }

  function wakeUp(line: Line): void {
    if (line.state !== "asleep") return;
    clearTimeout(line.timer);
    asleep -= line.events.length;
    makeReady(line);
  }

  function makeReady(line: Line): void {
    line.state = "ready";
    ready.push(line);
  }

  function ended(): void {
    inFlight -= 1;
    pump();
    if (inFlight > 0) return;
    const waiting = settled;
    settled = [];
    for (const resolve of waiting) resolve();
  }
}
