import type { Service, ServiceStatus } from "../lifecycle/service.ts";
import { type RelayBacklog, relayBacklog } from "./outbox-changes.ts";
import { longestHeld, type RelayCounters } from "./relay-counters.ts";
import type { RelayOptions } from "./relay-options.ts";
import { type RelayRun, relayRun } from "./relay-run.ts";

/** What a relay has done since it was made. */
export interface RelayStats {
  /** Events published and projected, and no longer pending. */
  readonly published: number;
  /** Messages that the stream had already. */
  readonly duplicates: number;
  readonly parked: number;
  /** Attempts that failed and are made again. */
  readonly failures: number;
  /** Events that are held at this moment. */
  readonly held: number;
}

/** Brings what happened in the database to JetStream. */
export interface Relay extends Service {
  /** There may be something to publish: it looks at once. Only a hint, which may be given at any time and be missed. */
  hint(): void;
  /** Looks at everything that is pending, soon: something was put back. */
  sweep(): void;
  /**
   * How much is not published.
   *
   * @throws what the database throws
   */
  backlog(): Promise<RelayBacklog>;
  stats(): RelayStats;
}

/**
 * Makes the relay: it publishes the events of the outbox, in their order for each aggregate, at least once, each under an id
 * of its own that makes repetitions within the stream's duplicate window invisible.
 *
 * Events that cannot be published are parked as dead letters of the pipe `relay`, and their aggregate waits until
 * {@link retryParkedEvent} or {@link dropParkedEvent}. While a server or stream is away, nothing is parked.
 */
export function createRelay(options: RelayOptions): Relay {
  const { database, stuckAfterMs = 30_000 } = options;
  const counters: RelayCounters = {
    published: 0,
    duplicates: 0,
    parked: 0,
    failures: 0,
    progressAt: 0,
    why: undefined,
    held: new Map(),
  };
  let run: RelayRun | undefined;
  let stopping: Promise<void> | undefined;
  let stopped = false;

  const relay: Relay = {
    name: "relay",
    async start() {
      await stopping;
      if (run !== undefined) return;
      stopped = false;
      counters.progressAt = performance.now();
      counters.why = undefined;
      counters.held.clear();
      run = relayRun(options, counters);
    },
    stop() {
      if (run === undefined) return stopping ?? Promise.resolve();
      const ending = run;
      stopping ??= ending.end().finally(() => {
        run = undefined;
        stopping = undefined;
        stopped = true;
      });
      return stopping;
    },
    status(): ServiceStatus {
      if (run === undefined) return { state: stopped ? "stopped" : "idle", why: undefined };
      if (stopping !== undefined) return { state: "stopping", why: undefined };
      const now = performance.now();
      const held = longestHeld(counters);
      // What else goes through does not tell of those that wait.
      if (held !== undefined && now - held.since > stuckAfterMs) {
        const silence = `${held.family}: nothing was published for ${Math.round(now - held.since)} ms`;
        return { state: "stuck", why: `${silence}: ${held.why}` };
      }
      const silentMs = now - counters.progressAt;
      if (silentMs <= stuckAfterMs) return { state: "running", why: counters.why };
      const silence = `nothing was published for ${Math.round(silentMs)} ms`;
      return { state: "stuck", why: counters.why ?? silence };
    },
    hint: () => run?.hint(),
    sweep: () => run?.sweep(),
    backlog: () => relayBacklog(database.background),
    stats: () => ({
      published: counters.published,
      duplicates: counters.duplicates,
      parked: counters.parked,
      failures: counters.failures,
      held: run?.held ?? 0,
    }),
    [Symbol.asyncDispose]: () => relay.stop(),
  };
  return relay;
}
