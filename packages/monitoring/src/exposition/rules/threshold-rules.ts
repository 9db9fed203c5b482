import { promql, type Rule, type RuleThreshold } from "./rule.ts";

/** How a metric of `monitoring.alert_thresholds` is worked out by Prometheus. */
export interface ThresholdExpression {
  readonly alert: string;
  readonly title: string;
  readonly expr: string;
  readonly unit: string;
  readonly remedy: string;
}

/** The expressions, by the metrics' names. */
export const thresholdExpressions: Readonly<Record<string, ThresholdExpression>> = {
  connection_pool_usage_percent: {
    alert: "ConnectionsUsedUp",
    title: "Connections in use, in percent of those that there may be",
    expr: promql("100 * sum without (state) ({smith_pg_connections}) / {smith_pg_connections_available}"),
    unit: "percent",
    remedy: "See smith monitor connections: end idle ones, or let fewer, larger pools share them.",
  },
  query_execution_time_ms: {
    alert: "StatementsSlow",
    title: "How long a statement takes on average, in milliseconds",
    expr: promql(
      "1000 * rate({smith_pg_statement_seconds_total}[15m]) / (rate({smith_pg_statement_calls_total}[15m]) > 0)",
    ),
    unit: "ms",
    remedy: "See smith monitor slow --by mean.",
  },
  index_bloat_percent: {
    alert: "IndexBloated",
    title: "Bloat of the worst indexes of 10 MiB and more, in percent",
    expr: promql(
      "100 * max without (method) ({smith_pg_index_bloat_bytes}) / ({smith_pg_index_bytes} >= 10485760)",
    ),
    unit: "percent",
    remedy: "See smith monitor bloat, then REINDEX INDEX CONCURRENTLY.",
  },
  table_bloat_percent: {
    alert: "TableBloated",
    title: "Bloat of the worst tables of 10 MiB and more, in percent",
    expr: promql(
      "100 * max without (method) ({smith_pg_table_bloat_bytes}) / ({smith_pg_table_bytes} >= 10485760)",
    ),
    unit: "percent",
    remedy:
      "See smith monitor bloat and smith monitor vacuum; only pg_repack or VACUUM FULL give the room back.",
  },
  replication_lag_seconds: {
    alert: "ReplicationBehind",
    title: "Lag of replicas, in seconds",
    expr: promql(
      "max without (application, client, state) ({smith_pg_follower_lag_seconds}) or {smith_pg_replica_lag_seconds}",
    ),
    unit: "s",
    remedy: "See smith db lag.",
  },
  disk_usage_percent: {
    alert: "DiskFillsUp",
    title: "Disks of the server, in percent",
    expr: promql("100 * {smith_disk_used_bytes} / ({smith_disk_used_bytes} + {smith_disk_available_bytes})"),
    unit: "percent",
    remedy: "See smith monitor disk: look for slots that keep the log, and for what grows.",
  },
  cache_hit_ratio: {
    alert: "CacheMissed",
    title: "Blocks found in the server's own cache, in percent",
    expr: promql(
      "100 * rate({smith_pg_blocks_hit_total}[15m]) / ((rate({smith_pg_blocks_hit_total}[15m]) + rate({smith_pg_blocks_read_total}[15m])) > 1)",
    ),
    unit: "percent",
    remedy: "See smith monitor slow for what reads much, then raise shared_buffers.",
  },
  deadlock_count_per_hour: {
    alert: "Deadlocks",
    title: "Deadlocks in an hour",
    expr: promql("increase({smith_pg_deadlocks_total}[1h])"),
    unit: "short",
    remedy: "Look for deadlock detected in the server's log: have all lock rows in one order.",
  },
  long_running_transactions_minutes: {
    alert: "TransactionOpenForLong",
    title: "The oldest transaction, in minutes",
    expr: promql("{smith_pg_oldest_transaction_seconds} / 60"),
    unit: "m",
    remedy: "See smith monitor connections for whose it is.",
  },
};

/** Two rules for each threshold that has both values, one for one. A metric that nobody measures has none. */
export function thresholdRules(thresholds: readonly RuleThreshold[]): readonly Rule[] {
  return thresholds.flatMap((threshold) => {
    const known = thresholdExpressions[threshold.metric_name];
    return known === undefined ? [] : rulesOf(threshold, known);
  });
}

function rulesOf(
  threshold: RuleThreshold,
  { alert, title, expr, remedy }: ThresholdExpression,
): readonly Rule[] {
  const past = threshold.direction === "below" ? "<=" : ">=";
  const limits = [
    { severity: "warning", limit: threshold.warning_threshold },
    { severity: "critical", limit: threshold.critical_threshold },
  ] as const;
  return limits.flatMap(({ severity, limit }) =>
    limit === null
      ? []
      : [{ alert, expr: `(${expr}) ${past} ${limit}`, forMinutes: 1, severity, summary: title, remedy }],
  );
}
