import { type Attempt, insert } from "./constraint-cases.ts";

const threshold = (values: Readonly<Record<string, string>>) =>
  insert("monitoring.alert_thresholds", { metric_name: "'tested_percent'", ...values });
const plan = (values: Readonly<Record<string, string>>) =>
  insert("monitoring.query_plans", {
    plan_id: "'00000000-0000-4000-8000-0000000000e1'",
    query_hash: "'1'",
    query_text: "'SELECT 1'",
    plan_json: "'[]'",
    ...values,
  });
const id = "'00000000-0000-4000-8000-0000000000e1'";

/** What must not get into the schema monitoring. */
export const monitoringAttempts: readonly Attempt[] = [
  {
    title: "a threshold of a metric that is no name",
    sql: threshold({ metric_name: "'Load %'" }),
    refusedBy: "monitoring.alert_thresholds.valid_metric_name",
  },
  {
    title: "two thresholds of one metric",
    sql: `${threshold({})}; ${threshold({})}`,
    refusedBy: "monitoring.alert_thresholds.alert_thresholds_metric_name_key",
    as: "unique",
  },
  {
    title: "one threshold twice",
    sql: `${threshold({ threshold_id: id })}; ${threshold({ threshold_id: id, metric_name: "'other'" })}`,
    refusedBy: "monitoring.alert_thresholds.alert_thresholds_pkey",
    as: "unique",
  },
  {
    title: "a threshold of values that are bad sideways",
    sql: threshold({ direction: "'beside'" }),
    refusedBy: "monitoring.alert_thresholds.valid_direction",
  },
  {
    title: "a threshold that is looked at all the time",
    sql: threshold({ check_interval: "'0'" }),
    refusedBy: "monitoring.alert_thresholds.valid_check_interval",
  },
  ...[
    { warning_threshold: "90", critical_threshold: "80" },
    { warning_threshold: "80", critical_threshold: "90", direction: "'below'" },
    { warning_threshold: "'NaN'", critical_threshold: "'NaN'" },
  ].map((values) => ({
    title: `a threshold with ${Object.values(values).join(", ")}`,
    sql: threshold(values),
    refusedBy: "monitoring.alert_thresholds.valid_thresholds",
  })),
  {
    title: "one plan twice",
    sql: `${plan({})}; ${plan({ query_hash: "'2'" })}`,
    refusedBy: "monitoring.query_plans.query_plans_pkey",
    as: "unique",
  },
  {
    title: "two plans of a statement at once",
    sql: `${plan({})}; ${plan({ plan_id: "gen_random_uuid()" })}`,
    refusedBy: "monitoring.query_plans.unique_query_hash_time",
    as: "unique",
  },
  {
    title: "a plan of no statement",
    sql: plan({ query_hash: "''" }),
    refusedBy: "monitoring.query_plans.valid_query_hash",
  },
  {
    title: "an error in place of a plan",
    sql: plan({ plan_json: `'{"error": "syntax"}'` }),
    refusedBy: "monitoring.query_plans.valid_plan_json",
  },
  {
    title: "statistics that are none",
    sql: plan({ execution_stats: "'[]'" }),
    refusedBy: "monitoring.query_plans.valid_execution_stats",
  },
  {
    title: "a statement that ends before it began",
    sql: plan({ mean_exec_time_ms: "-1" }),
    refusedBy: "monitoring.query_plans.valid_mean_exec_time",
  },
  {
    title: "statements that end before they began",
    sql: plan({ total_exec_time_ms: "-1" }),
    refusedBy: "monitoring.query_plans.valid_total_exec_time",
  },
  {
    title: "fewer calls than none",
    sql: plan({ calls: "-1" }),
    refusedBy: "monitoring.query_plans.valid_calls",
  },
];
