import type { Chart, ChartSeries, Reading } from "./chart.ts";

type ValueReading = Extract<Reading, { kind: "value" }>;

const value = (label: string, metric: string, more: Partial<ValueReading> = {}): ChartSeries => ({
  label,
  reading: { kind: "value", metric, of: "sum", ...more },
});
const largest = (label: string, metric: string): ChartSeries => ({
  label,
  reading: { kind: "value", metric, of: "largest" },
});
const rate = (label: string, metric: string): ChartSeries => ({ label, reading: { kind: "rate", metric } });

// Kinds, pipes and types of which there is nothing have no series.
const told = { orNoneWith: "smith_sync_relay_lag_seconds" };
const measured = { orNoneWith: "smith_pg_info" };

/** The charts of the page, the most telling first. Each names its metrics by the names that they have in `/metrics`. */
export const charts: readonly Chart[] = [
  {
    id: "lag",
    title: "Lag between the stores",
    about: "How old the oldest thing is that one store has and the other does not",
    unit: "seconds",
    series: [
      largest("state to PostgreSQL", "smith_sync_flush_lag_seconds"),
      largest("events to JetStream", "smith_sync_relay_lag_seconds"),
    ],
  },
  {
    id: "throughput",
    title: "Throughput of the pipes",
    about: "Keys written to PostgreSQL and events published, by this daemon",
    unit: "per second",
    series: [
      rate("keys flushed", "smith_sync_flushed_keys_total"),
      rate("events published", "smith_sync_relay_published_events_total"),
    ],
  },
  {
    id: "waiting",
    title: "Waiting in the pipes",
    about: "What one store has and the other does not yet, and what waits for a person",
    unit: "count",
    series: [
      value("keys to flush", "smith_sync_flush_lag_keys"),
      value("events to publish", "smith_sync_relay_backlog_events", told),
      value("dead letters", "smith_sync_dead_letters", told),
    ],
  },
  {
    id: "queue",
    title: "Task queue",
    about: "Tasks by what they wait for",
    unit: "count",
    series: [
      value("ready", "smith_tasks_ready", measured),
      value("running", "smith_tasks_running", measured),
      value("delayed", "smith_tasks_delayed", measured),
      value("dead", "smith_tasks_dead", measured),
    ],
  },
  {
    id: "connections",
    title: "Connections",
    about: "Connections of clients to PostgreSQL, and how many there may be",
    unit: "count",
    series: [
      value("active", "smith_pg_connections", { where: { state: "active" } }),
      value("idle", "smith_pg_connections", { where: { state: "idle" } }),
      value("idle in transaction", "smith_pg_connections", { where: { state: "idle in transaction" } }),
      { ...value("limit", "smith_pg_connections_available"), isLimit: true },
    ],
  },
  {
    id: "transactions",
    title: "Transactions",
    about: "Transactions of the whole server that were committed and rolled back",
    unit: "per second",
    series: [rate("committed", "smith_pg_commits_total"), rate("rolled back", "smith_pg_rollbacks_total")],
  },
  {
    id: "cache",
    title: "Cache hits",
    about: "Blocks that were found in PostgreSQL's own cache, of those that were asked for",
    unit: "percent",
    series: [
      {
        label: "found",
        reading: { kind: "share", metric: "smith_pg_blocks_hit_total", other: "smith_pg_blocks_read_total" },
      },
    ],
  },
  {
    id: "wal",
    title: "Write-ahead log",
    about: "What PostgreSQL writes to its log",
    unit: "bytes per second",
    series: [rate("written", "smith_pg_wal_bytes_total")],
  },
  {
    id: "open",
    title: "Oldest of what is open",
    about: "Age of the oldest open transaction, and of the oldest statement that runs",
    unit: "seconds",
    series: [
      largest("transaction", "smith_pg_oldest_transaction_seconds"),
      largest("statement", "smith_pg_oldest_statement_seconds"),
    ],
  },
  {
    id: "locks",
    title: "Waiting for locks",
    about: "Connections that wait for a lock",
    unit: "count",
    series: [value("waiting", "smith_pg_lock_waiters")],
  },
  {
    id: "followers",
    title: "Replication lag",
    about: "How long the slowest of those who follow takes to replay what it is sent",
    unit: "seconds",
    series: [largest("slowest replica", "smith_pg_follower_lag_seconds")],
  },
  {
    id: "dead-rows",
    title: "Dead rows",
    about: "Rows that wait for vacuum, in the fifty tables with the most",
    unit: "count",
    series: [value("dead rows", "smith_pg_table_dead_rows")],
  },
];
