/** What of a metric may have thresholds of its own. */
export type Scope = "database" | "role";

/** What of a metric is meant: one database or role, or all of it, where both are empty. */
export interface Scoped {
  readonly scope: "" | Scope;
  readonly scopeName: string;
}

/** The metrics of which a database or a role has values of its own. */
export const scopesOf: Readonly<Record<string, readonly Scope[]>> = {
  connection_pool_usage_percent: ["database", "role"],
  long_running_transactions_minutes: ["database", "role"],
  query_execution_time_ms: ["database", "role"],
  cache_hit_ratio: ["database"],
  deadlock_count_per_hour: ["database"],
};
