import type { Snapshot } from "../collect/snapshot.ts";
import type { Sample } from "../metrics/metric.ts";
import type { Earlier } from "./history.ts";

/** A value to hold against a threshold, or why there is none. */
export type MeasuredValue =
  | { readonly value: number }
  | { readonly noData: string; readonly absence?: Absence | undefined };

/**
 * What it says that there is no value:
 * - `idle`: there is nothing to judge just now, as where nothing is asked for; that is well
 * - `absent`: there is nothing to measure by its nature, as where nobody follows a server; that is well where it never was otherwise
 * - `hidden`: there should be a value
 */
export type Absence = "idle" | "absent" | "hidden";

const hourMs = 3_600_000;
/** Of what the cache did longer ago nothing can be done any more, in milliseconds. */
const cacheMs = 600_000;
/** A ratio of fewer blocks is one of chance. */
const fewestBlocks = 1_000;
/** What a smaller table or index wastes is not worth an alert, in bytes. */
const fewestBytes = 10 * 1024 * 1024;

type Seen = Pick<Snapshot, "samples">;
type Measure = (now: Snapshot, earlier: Earlier, database: string) => MeasuredValue;

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
    return lags.length === 0
      ? { noData: "nobody follows this server", absence: "absent" }
      : { value: Math.max(...lags) };
  },
  cache_hit_ratio: (now, earlier, database) => {
    if (stateOf(now, "databases") !== "ok") return notAnswered;
    // Where little is asked for, it is counted for longer.
    const lately = hitRatio(now, earlier(cacheMs), database);
    return "value" in lately ? lately : hitRatio(now, earlier(hourMs), database);
  },
  table_bloat_percent: (now) =>
    worstShare(now, "table_bloat", "smith_pg_table_bloat_bytes", "smith_pg_table_bytes"),
  index_bloat_percent: (now) =>
    worstShare(now, "index_bloat", "smith_pg_index_bloat_bytes", "smith_pg_index_bytes"),
  disk_usage_percent: (now) => {
    const state = stateOf(now, "file_systems");
    if (state === "unsupported")
      return { noData: "the disks are not those of this machine", absence: "absent" };
    const used = byLabels(now, "smith_disk_used_bytes");
    // What may be seen is judged, also where some may not be.
    if (state !== "ok" && (state !== "not visible" || used.size === 0))
      return state === "not visible" ? hiddenDisks(now) : notAnswered;
    const available = byLabels(now, "smith_disk_available_bytes");
    // As df does: what only root may use is not there for anybody.
    const shares = [...used].map(([of, bytes]) => (bytes * 100) / (bytes + (available.get(of) ?? 0)));
    return { value: Math.max(...shares) };
  },
  deadlock_count_per_hour: (now, earlier, database) => {
    if (stateOf(now, "databases") !== "ok") return notAnswered;
    const before = earlier(hourMs);
    const value = before === null ? null : grown(now, before, "smith_pg_deadlocks_total", database);
    return value === null ? { noData: "needs an earlier look to count from", absence: "idle" } : { value };
  },
};

/** The metrics that are counted from an earlier look on. */
export const countedMetrics: ReadonlySet<string> = new Set([
  "smith_pg_blocks_hit_total",
  "smith_pg_blocks_read_total",
  "smith_pg_deadlocks_total",
]);

function hitRatio(now: Snapshot, before: Seen | null, database: string): MeasuredValue {
  const [hit, read] = ["smith_pg_blocks_hit_total", "smith_pg_blocks_read_total"].map(
    (name) => grown(now, before, name, database) ?? valuesOf(now, name, database)[0],
  );
  const blocks = (hit ?? 0) + (read ?? 0);
  if (blocks < fewestBlocks) return { noData: `only ${blocks} blocks were asked for`, absence: "idle" };
  return { value: ((hit ?? 0) * 100) / blocks };
}

const notAnswered: MeasuredValue = { noData: "the server did not answer" };
const notVisible: MeasuredValue = { noData: "the role may not see it: GRANT pg_monitor" };

/**
 * The value of a metric of `monitoring.alert_thresholds`.
 *
 * @param earlier what was seen earlier, for what is counted over a time; where there is nothing, since the server's statistics began
 * @param database whose counters are meant
 */
export function measuredValue(
  metric: string,
  now: Snapshot,
  earlier: Earlier,
  database: string,
): MeasuredValue {
  return measures[metric]?.(now, earlier, database) ?? { noData: "not measured here" };
}

/** Why nothing is known of the disks: the role may not ask where they are, or this process may not look there. */
function hiddenDisks({ collectors }: Snapshot): MeasuredValue {
  const refused = collectors.some(({ name, error }) => name === "file_systems" && error !== null);
  return refused
    ? notVisible
    : { noData: "this process may not look at the disks of the server: run it as the server's user" };
}

/** How much of the worst is bloat, in percent; 0 where all are small. */
function worstShare(now: Snapshot, collector: string, bloat: string, size: string): MeasuredValue {
  const state = stateOf(now, collector);
  if (state === "unsupported")
    return { noData: "the functions that estimate it are missing: run smith migrate up" };
  const known = byLabels(now, bloat);
  // What may be seen is judged, also where some may not be.
  if (state !== "ok" && (state !== "not visible" || known.size === 0))
    return state === "not visible" ? notVisible : notAnswered;
  const sizes = byLabels(now, size);
  const shares = [...known].map(([of, bytes]) => {
    const all = sizes.get(of) ?? 0;
    return all < fewestBytes ? 0 : (bytes * 100) / all;
  });
  return { value: Math.max(0, ...shares) };
}

/** Values by what they are of, however they were measured. */
function byLabels({ samples }: Snapshot, name: string): ReadonlyMap<string, number> {
  const own = samples.filter(({ metric }) => metric.name === name);
  return new Map(
    own.map(({ labels: { method: _, ...of }, value }) => [JSON.stringify(Object.entries(of)), value]),
  );
}

/** How much a counter grew; null where one of both is not known: what was not seen is no 0 to count from. */
function grown(now: Seen, before: Seen | null, name: string, database: string): number | null {
  const [after] = valuesOf(now, name, database);
  const [earlier] = before === null ? [] : valuesOf(before, name, database);
  if (after === undefined || earlier === undefined) return null;
  // Statistics that were reset begin at 0 again.
  return after >= earlier ? after - earlier : after;
}

function valuesOf({ samples }: Seen, name: string, database?: string): number[] {
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
