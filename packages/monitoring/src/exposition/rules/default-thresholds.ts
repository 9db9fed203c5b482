import type { RuleThreshold } from "./rule.ts";

/** The thresholds that a database has before anybody changes them. */
export const defaultThresholds: readonly RuleThreshold[] = (
  [
    ["cache_hit_ratio", 95, 90, "below"],
    ["connection_pool_usage_percent", 70, 85, "above"],
    ["deadlock_count_per_hour", 5, 20, "above"],
    ["disk_usage_percent", 80, 90, "above"],
    ["index_bloat_percent", 30, 50, "above"],
    ["long_running_transactions_minutes", 30, 60, "above"],
    ["query_execution_time_ms", 5_000, 10_000, "above"],
    ["replication_lag_seconds", 5, 30, "above"],
    ["table_bloat_percent", 40, 60, "above"],
  ] as const
).map(([metric_name, warning_threshold, critical_threshold, direction]) => ({
  metric_name,
  warning_threshold,
  critical_threshold,
  direction,
}));
