import { setTimeout as pause } from "node:timers/promises";
import { daemonMetrics } from "@mister-smith/monitoring";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** The metrics of the daemon, by Prometheus' conventions: base units, `_total` for what only grows. */
export interface Metrics {
  readonly registry: Registry;
  readonly roleLeader: Gauge<"role">;
  readonly partState: Gauge<"part" | "state">;
  readonly roleErrors: Counter<"role">;
  readonly flushLagKeys: Gauge;
  readonly flushLagSeconds: Gauge;
  readonly flushedKeys: Counter;
  readonly flushBatchKeys: Histogram;
  readonly flushBatchSeconds: Histogram;
  readonly deadLetters: Gauge<"pipe">;
  readonly parked: Counter<"pipe">;
  readonly relayBacklog: Gauge<"kind">;
  readonly relayLagSeconds: Gauge;
  readonly relayPublished: Counter;
  readonly evictedKeys: Counter;
  readonly hydratedKeys: Counter;
  readonly agents: Gauge<"life">;
  readonly verifyRunning: Gauge;
  readonly verifiedKeys: Counter;
  readonly verifyDifferences: Counter<"cause" | "repair">;
  readonly verifyOpen: Gauge;
  readonly alertsTold: Counter<"channel" | "outcome">;
  /** What was measured of PostgreSQL, in the text format; null where this daemon does not measure it. */
  monitored(text: string | null): void;
  /** Has `measure` called before the metrics are shown; of one name, only the last. */
  beforeShown(name: string, measure: () => void | Promise<void>): void;
  /** Calls the measure of that name no more. Nothing happens where there is none. */
  notBeforeShown(name: string): void;
  /** The metrics in the text format of Prometheus, within a second. What takes longer to measure is not waited for. */
  shown(): Promise<string>;
}

/** How long the measuring may take, in milliseconds. */
const measureTimeoutMs = 1_000;

/** Makes the metrics, each daemon its own. */
export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const measures = new Map<string, () => void | Promise<void>>();
  let monitored: string | null = null;
  collectDefaultMetrics({ register: registry, prefix: "smith_daemon_" });
  const of = <Label extends string>(key: keyof typeof daemonMetrics) => {
    const { name, help, labels } = daemonMetrics[key];
    return { name, help, labelNames: labels as readonly Label[], registers };
  };
  new Gauge<"version">(of("info")).set({ version }, 1);
  return {
    registry,
    roleLeader: new Gauge(of("roleLeader")),
    partState: new Gauge(of("partState")),
    roleErrors: new Counter(of("roleErrors")),
    flushLagKeys: new Gauge(of("flushLagKeys")),
    flushLagSeconds: new Gauge(of("flushLagSeconds")),
    flushedKeys: new Counter(of("flushedKeys")),
    flushBatchKeys: new Histogram({
      ...of("flushBatchKeys"),
      buckets: [1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_000, 5_000],
    }),
    flushBatchSeconds: new Histogram({
      ...of("flushBatchSeconds"),
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    }),
    alertsTold: new Counter(of("alertsTold")),
    deadLetters: new Gauge(of("deadLetters")),
    parked: new Counter(of("parked")),
    relayBacklog: new Gauge(of("relayBacklog")),
    relayLagSeconds: new Gauge(of("relayLagSeconds")),
    relayPublished: new Counter(of("relayPublished")),
    evictedKeys: new Counter(of("evictedKeys")),
    hydratedKeys: new Counter(of("hydratedKeys")),
    agents: new Gauge(of("agents")),
    verifyRunning: new Gauge(of("verifyRunning")),
    verifiedKeys: new Counter(of("verifiedKeys")),
    verifyDifferences: new Counter(of("verifyDifferences")),
    verifyOpen: new Gauge(of("verifyOpen")),
    monitored: (text) => {
      monitored = text;
    },
    beforeShown: (name, measure) => void measures.set(name, measure),
    notBeforeShown: (name) => void measures.delete(name),
    shown: async () => {
      const measured = Promise.allSettled([...measures.values()].map(async (measure) => await measure()));
      // Whoever scrapes waits seconds at most, also while a server is away.
      await Promise.race([measured, pause(measureTimeoutMs, undefined, { ref: false })]);
      return (await registry.metrics()) + (monitored ?? "");
    },
  };
}
