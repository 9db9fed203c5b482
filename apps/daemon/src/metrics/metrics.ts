import { setTimeout as pause } from "node:timers/promises";
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
  new Gauge({
    name: "smith_daemon_info",
    help: "The version of the daemon, as a label",
    labelNames: ["version"],
    registers,
  }).set({ version }, 1);
  return {
    registry,
    roleLeader: new Gauge({
      name: "smith_daemon_role_leader",
      help: "1 while this daemon leads the role, else 0",
      labelNames: ["role"],
      registers,
    }),
    partState: new Gauge({
      name: "smith_daemon_part_state",
      help: "1 for the state that a part is in: idle, starting, running, stuck, stopping or stopped",
      labelNames: ["part", "state"],
      registers,
    }),
    roleErrors: new Counter({
      name: "smith_daemon_role_errors_total",
      help: "What went wrong in a role and is tried again",
      labelNames: ["role"],
      registers,
    }),
    flushLagKeys: new Gauge({
      name: "smith_sync_flush_lag_keys",
      help: "Messages of the state bucket that PostgreSQL does not have yet; shown by the leader of flush",
      registers,
    }),
    flushLagSeconds: new Gauge({
      name: "smith_sync_flush_lag_seconds",
      help: "Age of the oldest message that PostgreSQL does not have yet; 0 when it has all; shown by the leader of flush",
      registers,
    }),
    flushedKeys: new Counter({
      name: "smith_sync_flushed_keys_total",
      help: "Keys written to or deleted from PostgreSQL",
      registers,
    }),
    flushBatchKeys: new Histogram({
      name: "smith_sync_flush_batch_keys",
      help: "Keys of a batch",
      buckets: [1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_000, 5_000],
      registers,
    }),
    flushBatchSeconds: new Histogram({
      name: "smith_sync_flush_batch_seconds",
      help: "How long the transaction of a batch took",
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
    deadLetters: new Gauge({
      name: "smith_sync_dead_letters",
      help: "Dead letters that wait for a person",
      labelNames: ["pipe"],
      registers,
    }),
    parked: new Counter({
      name: "smith_sync_parked_total",
      help: "Writes and events that were put aside as dead letters by this daemon",
      labelNames: ["pipe"],
      registers,
    }),
    relayBacklog: new Gauge({
      name: "smith_sync_relay_backlog_events",
      help: "Events of the outbox that are not published yet",
      labelNames: ["kind"],
      registers,
    }),
    relayLagSeconds: new Gauge({
      name: "smith_sync_relay_lag_seconds",
      help: "Age of the oldest event that is not published yet; 0 when all are",
      registers,
    }),
    relayPublished: new Counter({
      name: "smith_sync_relay_published_events_total",
      help: "Events that were published and acknowledged",
      registers,
    }),
    evictedKeys: new Counter({
      name: "smith_sync_evicted_keys_total",
      help: "Keys that were idle, are in PostgreSQL, and were removed from the bucket",
      registers,
    }),
    hydratedKeys: new Counter({
      name: "smith_sync_hydrated_keys_total",
      help: "Keys that were brought back from PostgreSQL into the bucket",
      registers,
    }),
    agents: new Gauge({
      name: "smith_sync_agents",
      help: "Agents with state in the bucket, by its life: hydrating, active, flushing or expired; as far as the roles of this daemon have seen, shown while it leads flush, hydrate or evict",
      labelNames: ["life"],
      registers,
    }),
    verifyRunning: new Gauge({
      name: "smith_sync_verify_running",
      help: "1 while both stores are compared after a hydration, else 0; shown by the leader of hydrate",
      registers,
    }),
    verifiedKeys: new Counter({
      name: "smith_sync_verified_keys_total",
      help: "Keys of the bucket that were compared with PostgreSQL after a hydration",
      registers,
    }),
    verifyDifferences: new Counter({
      name: "smith_sync_verify_differences_total",
      help: "Keys in which both stores differed, by the cause and by what was done about it",
      labelNames: ["cause", "repair"],
      registers,
    }),
    verifyOpen: new Gauge({
      name: "smith_sync_verify_open_differences",
      help: "Differences that the last comparison after a hydration could not mend; shown by the leader of hydrate that made it",
      registers,
    }),
    alertsTold: new Counter({
      name: "smith_daemon_alerts_told_total",
      help: "What was told of alerts by this daemon, by channel and by whether it arrived: delivered, failed (it is tried again) or given up",
      labelNames: ["channel", "outcome"],
      registers,
    }),
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
