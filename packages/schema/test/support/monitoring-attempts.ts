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
const alert = (values: Readonly<Record<string, string>>) =>
  insert("monitoring.alerts", {
    metric_name: "'disk_usage_percent'",
    state: "'ok'",
    checked_at: "now()",
    ...values,
  });
const change = (values: Readonly<Record<string, string>>) =>
  `INSERT INTO monitoring.alert_changes (change_id, metric_name, state, severity, scope) OVERRIDING SYSTEM VALUE
   VALUES (${Object.values({ change_id: "7", metric_name: "'m'", state: "'ok'", severity: "NULL", scope: "''", ...values }).join(", ")})`;
const override = (values: Readonly<Record<string, string>>) =>
  insert("monitoring.alert_overrides", {
    metric_name: "'cache_hit_ratio'",
    scope: "'database'",
    scope_name: "'x'",
    ...values,
  });
const silence = (values: Readonly<Record<string, string>>) =>
  insert("monitoring.alert_silences", {
    reason: "'r'",
    created_by: "'me'",
    starts_at: "'2026-01-01'",
    ends_at: "'2026-01-02'",
    ...values,
  });
const delivery = (values: Readonly<Record<string, string>>) =>
  `${change({})}; ${insert("monitoring.alert_deliveries", { change_id: "7", channel: "'pager'", ...values })}`;
const heartbeat = (values: Readonly<Record<string, string>>) =>
  insert("monitoring.heartbeats", {
    name: "'monitor'",
    holder: "'h'",
    beat_at: "now()",
    beat_every: "'1 s'",
    ...values,
  });
const storage = (values: Readonly<Record<string, string>>) =>
  insert("monitoring.storage_changes", {
    change_id: id,
    schema_name: "'s'",
    table_name: "'t'",
    parameters: "'{}'",
    previous: "'{}'",
    reason: "'r'",
    ...values,
  });
const advice = (values: Readonly<Record<string, string>>) =>
  insert("monitoring.index_recommendations", {
    recommendation_id: id,
    schema_name: "'s'",
    table_name: "'t'",
    column_names: "'{a}'",
    recommendation_reason: "'r'",
    estimated_benefit: "'e'",
    index_name: "'i'",
    definition: "'d'",
    not_validated_because: "'n'",
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
  {
    title: "a threshold that held before it was reached",
    sql: threshold({ hold_for: "'-1 s'" }),
    refusedBy: "monitoring.alert_thresholds.valid_hold_for",
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
    title: "two alerts of one metric",
    sql: `${alert({})}; ${alert({})}`,
    refusedBy: "monitoring.alerts.alerts_pkey",
    as: "unique",
  },
  {
    title: "an alert of a metric without a threshold",
    sql: alert({ metric_name: "'nothing'" }),
    refusedBy: "monitoring.alerts.alerts_threshold_fkey",
    as: "foreign-key",
  },
  {
    title: "an alert that neither is nor is not",
    sql: alert({ state: "'perhaps'" }),
    refusedBy: "monitoring.alerts.valid_state",
  },
  {
    title: "an alert that is not bad at all",
    sql: alert({ state: "'firing'" }),
    refusedBy: "monitoring.alerts.valid_severity",
  },
  {
    title: "an alert that is somewhat bad",
    sql: alert({ state: "'firing'", severity: "'somewhat'" }),
    refusedBy: "monitoring.alerts.valid_severity",
  },
  {
    title: "one change twice",
    sql: `${change({})}; ${change({})}`,
    refusedBy: "monitoring.alert_changes.alert_changes_pkey",
    as: "unique",
  },
  {
    title: "a change to nothing",
    sql: change({ state: "'perhaps'" }),
    refusedBy: "monitoring.alert_changes.valid_state",
  },
  {
    title: "a change to an alert that is not bad",
    sql: change({ state: "'firing'" }),
    refusedBy: "monitoring.alert_changes.valid_severity",
  },
  {
    title: "an alert of half a scope",
    sql: alert({ scope: "'database'" }),
    refusedBy: "monitoring.alerts.valid_scope",
  },
  {
    title: "an alert that was told as what it cannot be",
    sql: alert({ told_state: "'pending'" }),
    refusedBy: "monitoring.alerts.valid_told_state",
  },
  {
    title: "an alert that was told as not bad at all",
    sql: alert({ told_state: "'firing'" }),
    refusedBy: "monitoring.alerts.valid_told_severity",
  },
  {
    title: "a change of half a scope",
    sql: change({ scope: "'role'" }),
    refusedBy: "monitoring.alert_changes.valid_scope",
  },
  {
    title: "two overrides of one database",
    sql: `${override({})}; ${override({})}`,
    refusedBy: "monitoring.alert_overrides.alert_overrides_pkey",
    as: "unique",
  },
  {
    title: "an override of nothing",
    sql: override({ metric_name: "'nothing'" }),
    refusedBy: "monitoring.alert_overrides.alert_overrides_threshold_fkey",
    as: "foreign-key",
  },
  {
    title: "an override for a table",
    sql: override({ scope: "'table'" }),
    refusedBy: "monitoring.alert_overrides.valid_scope",
  },
  {
    title: "an override for nobody",
    sql: override({ scope_name: "''" }),
    refusedBy: "monitoring.alert_overrides.valid_scope_name",
  },
  {
    title: "an override that is no number",
    sql: override({ warning_threshold: "'NaN'" }),
    refusedBy: "monitoring.alert_overrides.valid_thresholds",
  },
  {
    title: "one silence twice",
    sql: `${silence({ silence_id: id })}; ${silence({ silence_id: id })}`,
    refusedBy: "monitoring.alert_silences.alert_silences_pkey",
    as: "unique",
  },
  {
    title: "a silence of nothing",
    sql: silence({ metric_name: "'nothing'" }),
    refusedBy: "monitoring.alert_silences.alert_silences_threshold_fkey",
    as: "foreign-key",
  },
  {
    title: "a silence of half a scope",
    sql: silence({ scope: "'role'" }),
    refusedBy: "monitoring.alert_silences.valid_scope",
  },
  {
    title: "a silence without a reason",
    sql: silence({ reason: "''" }),
    refusedBy: "monitoring.alert_silences.valid_reason",
  },
  {
    title: "a silence of nobody",
    sql: silence({ created_by: "''" }),
    refusedBy: "monitoring.alert_silences.valid_created_by",
  },
  ...["'2025-01-01'", "'2099-01-01'", "'infinity'"].map((ends_at) => ({
    title: `a silence from 2026 until ${ends_at}`,
    sql: silence({ ends_at }),
    refusedBy: "monitoring.alert_silences.valid_time",
  })),
  {
    title: "one delivery twice",
    sql: `${delivery({})}; INSERT INTO monitoring.alert_deliveries (change_id, channel) VALUES (7, 'pager')`,
    refusedBy: "monitoring.alert_deliveries.alert_deliveries_pkey",
    as: "unique",
  },
  {
    title: "a delivery of nothing",
    sql: delivery({ change_id: "8" }),
    refusedBy: "monitoring.alert_deliveries.alert_deliveries_change_fkey",
    as: "foreign-key",
  },
  {
    title: "a delivery to nobody",
    sql: delivery({ channel: "''" }),
    refusedBy: "monitoring.alert_deliveries.valid_channel",
  },
  {
    title: "a delivery that was tried less than never",
    sql: delivery({ attempts: "-1" }),
    refusedBy: "monitoring.alert_deliveries.valid_attempts",
  },
  {
    title: "a delivery that was lost",
    sql: delivery({ outcome: "'lost'", settled_at: "now()" }),
    refusedBy: "monitoring.alert_deliveries.valid_outcome",
  },
  {
    title: "a delivery that arrived at no time",
    sql: delivery({ outcome: "'delivered'" }),
    refusedBy: "monitoring.alert_deliveries.valid_settled_at",
  },
  {
    title: "two hearts of one name",
    sql: `${heartbeat({})}; ${heartbeat({})}`,
    refusedBy: "monitoring.heartbeats.heartbeats_pkey",
    as: "unique",
  },
  {
    title: "a heart that beats all the time",
    sql: heartbeat({ beat_every: "'0'" }),
    refusedBy: "monitoring.heartbeats.valid_beat_every",
  },
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
    title: "a plan from nowhere",
    sql: plan({ plan_source: "'guessed'" }),
    refusedBy: "monitoring.query_plans.valid_plan_source",
  },
  {
    title: "fewer calls than none",
    sql: plan({ calls: "-1" }),
    refusedBy: "monitoring.query_plans.valid_calls",
  },
  {
    title: "one change of a table twice",
    sql: `${storage({})}; ${storage({})}`,
    refusedBy: "monitoring.storage_changes.storage_changes_pkey",
    as: "unique",
  },
  {
    title: "a change of a table to a list",
    sql: storage({ parameters: "'[]'" }),
    refusedBy: "monitoring.storage_changes.valid_parameters",
  },
  {
    title: "a change of a table from a list",
    sql: storage({ previous: "'[]'" }),
    refusedBy: "monitoring.storage_changes.valid_previous",
  },
  {
    title: "a change of a table for which a number was observed",
    sql: storage({ observed: "'1'" }),
    refusedBy: "monitoring.storage_changes.valid_observed",
  },
  {
    title: "a change of a table that was taken back before it was made",
    sql: storage({ reverted_at: "now() - INTERVAL '1 day'" }),
    refusedBy: "monitoring.storage_changes.valid_reverted_at",
  },
  {
    title: "one index recommendation twice",
    sql: `${advice({})}; ${advice({ definition: "'other'" })}`,
    refusedBy: "monitoring.index_recommendations.index_recommendations_pkey",
    as: "unique",
  },
  {
    title: "advice that was turned down",
    sql: `${advice({ status: "'rejected'", decided_at: "now()" })}; ${advice({ recommendation_id: "gen_random_uuid()" })}`,
    refusedBy: "monitoring.index_recommendations.idx_index_recommendations_definition",
    as: "unique",
  },
  {
    title: "advice that somebody likes",
    sql: advice({ status: "'liked'", decided_at: "now()" }),
    refusedBy: "monitoring.index_recommendations.valid_status",
  },
  {
    title: "an index that was built at no time",
    sql: advice({ status: "'implemented'", decided_at: "now()" }),
    refusedBy: "monitoring.index_recommendations.valid_implemented_at",
  },
  {
    title: "advice that was turned down at no time",
    sql: advice({ status: "'rejected'" }),
    refusedBy: "monitoring.index_recommendations.valid_decided_at",
  },
  {
    title: "an index on nothing",
    sql: advice({ column_names: "'{}'" }),
    refusedBy: "monitoring.index_recommendations.valid_column_names",
  },
  {
    title: "advice that was not validated without a reason",
    sql: advice({ not_validated_because: "NULL" }),
    refusedBy: "monitoring.index_recommendations.valid_validation",
  },
  {
    title: "an index that is smaller than nothing",
    sql: advice({ size_bytes: "-1" }),
    refusedBy: "monitoring.index_recommendations.valid_sizes",
  },
  {
    title: "statements that are none to watch",
    sql: advice({ watched_statements: "'[]'" }),
    refusedBy: "monitoring.index_recommendations.valid_watched_statements",
  },
];
