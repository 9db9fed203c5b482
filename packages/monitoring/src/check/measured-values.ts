import type { Snapshot } from "../collect/snapshot.ts";
import type { Sample } from "../metrics/metric.ts";

/** A value to hold against a threshold, or why there is none. */
export type MeasuredValue = { readonly value: number } | { readonly noData: string };

/** Less than that says nothing of what happens in an hour, in milliseconds. */
const shortestWindowMs = 60_000;
/** A ratio of fewer blocks is one of chance. */
const fewestBlocks = 1_000;

type Measure = (now: Snapshot, before: Snapshot | null, database: string) => MeasuredValue;

/** How the metrics of `monitoring.alert_thresholds` are measured. */
const measures: Readonly<Record<string, Measure>> = {
  connection_pool_usage_percent: (now) => {
    const [available] = valuesOf(now, "smith_pg_connections_available");
    const used = valuesOf(now, "smith_pg_connections");
    if (available === undefined || used.length === 0) return notAnswered;
    return available > 0
      ? { value: (sum(used) * 100) / available }
      : { noData: "no connections are left for anybody" };
  },
  long_running_transactions_minutes: (now) => {
    const [seconds] = valuesOf(now, "smith_pg_oldest_transaction_seconds");
    return seconds === undefined ? notVisible : { value: seconds / 60 };
  },
  replication_lag_seconds: (now) => {
    if (stateOf(now, "followers") !== "ok") return notVisible;
    const lags = valuesOf(now, "smith_pg_follower_lag_seconds");
    return lags.length === 0 ? { noData: "nobody follows this server" } : { value: Math.max(...lags) };
  },
  cache_hit_ratio: (now, before, database) => {
    if (stateOf(now, "databases") !== "ok") return notAnswered;
    const [hit, read] = ["smith_pg_blocks_hit_total", "smith_pg_blocks_read_total"].map((name) =>
      grown(now, before, name, database),
    );
    const blocks = (hit ?? 0) + (read ?? 0);
    if (blocks < fewestBlocks) return { noData: `only ${blocks} blocks were asked for` };
    return { value: ((hit ?? 0) * 100) / blocks };
  },
  deadlock_count_per_hour: (now, before, database) => {
    if (stateOf(now, "databases") !== "ok") return notAnswered;
    const windowMs = before === null ? 0 : now.at.getTime() - before.at.getTime();
    if (windowMs < shortestWindowMs) return { noData: "needs an earlier look, a minute ago or more" };
    return { value: (grown(now, before, "smith_pg_deadlocks_total", database) * 3_600_000) / windowMs };
  },
};

const notAnswered: MeasuredValue = { noData: "the server did not answer" };
const notVisible: MeasuredValue = { noData: "the role may not see it: GRANT pg_monitor" };

/**
 * The value of a metric of `monitoring.alert_thresholds`.
 *
 * @param before an earlier look, for what is counted over a time; null: since the server's statistics began
 * @param database whose counters are meant
 */
export function measuredValue(
  metric: string,
  now: Snapshot,
  before: Snapshot | null,
  database: string,
): MeasuredValue {
  return measures[metric]?.(now, before, database) ?? { noData: "not measured here" };
}

// Statistics that were reset begin at 0 again.
function grown(now: Snapshot, before: Snapshot | null, name: string, database: string): number {
  const [after = 0] = valuesOf(now, name, database);
  const [earlier = 0] = before === null ? [] : valuesOf(before, name, database);
  return after >= earlier ? after - earlier : after;
}

function valuesOf({ samples }: Snapshot, name: string, database?: string): number[] {
  const isMeant = ({ metric, labels }: Sample) =>
    metric.name === name && (database === undefined || labels["database"] === database);
  return samples.filter(isMeant).map(({ value }) => value);
}

function stateOf({ collectors }: Snapshot, name: string) {
  return collectors.find((collector) => collector.name === name)?.state;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
