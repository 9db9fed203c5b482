import { z } from "zod";
import { choice, column, nullable } from "./column.ts";
import {
  bool,
  duration,
  float8,
  inet,
  int4,
  int8,
  jsonb,
  text,
  timestamptz,
  uuid,
  varchar,
} from "./columns.ts";
import { decimal } from "./decimal.ts";
import { defineRow } from "./define-row.ts";

const numeric = column(decimal, "numeric");
const texts = column(z.array(z.string()), "text[]");
const name = column(z.string(), "name");
const severity = choice(varchar(10), ["warning", "critical"]);
const scope = choice(varchar(10), ["", "database", "role"]);
const toldState = choice(varchar(20), ["ok", "firing", "no data", "error"]);

/** The table `monitoring.alert_thresholds`: from when on the value of a metric is an alert. */
export const monitoringAlertThresholds = defineRow({
  threshold_id: uuid,
  metric_name: varchar(100),
  warning_threshold: nullable(numeric),
  critical_threshold: nullable(numeric),
  direction: choice(varchar(10), ["above", "below"]),
  check_interval: duration,
  hold_for: duration,
  enabled: bool,
  notification_channels: texts,
  created_at: timestamptz,
  updated_at: timestamptz,
});
/** Parses a row of `monitoring.alert_thresholds`. */
export const monitoringAlertThresholdsRow = monitoringAlertThresholds.row;
/** A row of `monitoring.alert_thresholds`. */
export type MonitoringAlertThresholdsRow = z.output<typeof monitoringAlertThresholdsRow>;

/** The view `monitoring.connection_stats`: who is connected, by role, program, address and state. */
export const monitoringConnectionStats = defineRow({
  database_name: nullable(name),
  username: nullable(name),
  application_name: nullable(text),
  client_addr: nullable(inet),
  client_hostname: nullable(text),
  state: nullable(text),
  connection_count: nullable(int8),
  oldest_connection: nullable(timestamptz),
  newest_connection: nullable(timestamptz),
  avg_connection_age_seconds: nullable(numeric),
});
/** Parses a row of `monitoring.connection_stats`. */
export const monitoringConnectionStatsRow = monitoringConnectionStats.row;
/** A row of `monitoring.connection_stats`. */
export type MonitoringConnectionStatsRow = z.output<typeof monitoringConnectionStatsRow>;

/** The table `monitoring.query_plans`: plans of slow statements. */
export const monitoringQueryPlans = defineRow({
  plan_id: uuid,
  query_hash: text,
  query_text: text,
  plan_json: jsonb,
  execution_stats: jsonb,
  captured_at: timestamptz,
  mean_exec_time_ms: nullable(numeric),
  calls: nullable(int8),
  total_exec_time_ms: nullable(numeric),
  plan_shape: nullable(varchar(64)),
  plan_source: choice(varchar(20), ["generic", "executed"]),
  planned_text: nullable(text),
  chosen_at: timestamptz,
  seen_at: timestamptz,
});
/** Parses a row of `monitoring.query_plans`. */
export const monitoringQueryPlansRow = monitoringQueryPlans.row;
/** A row of `monitoring.query_plans`. */
export type MonitoringQueryPlansRow = z.output<typeof monitoringQueryPlansRow>;

/** The table `monitoring.alerts`: how each metric stands to its thresholds. */
export const monitoringAlerts = defineRow({
  metric_name: varchar(100),
  state: choice(varchar(20), ["ok", "pending", "firing", "no data", "error"]),
  severity: nullable(severity),
  value: nullable(numeric),
  reason: nullable(text),
  since: timestamptz,
  turning_since: nullable(timestamptz),
  checked_at: timestamptz,
  scope,
  scope_name: varchar(63),
  began_at: nullable(timestamptz),
  unmeasured_since: nullable(timestamptz),
  measured_at: nullable(timestamptz),
  told_state: toldState,
  told_severity: nullable(severity),
});
/** Parses a row of `monitoring.alerts`. */
export const monitoringAlertsRow = monitoringAlerts.row;
/** A row of `monitoring.alerts`. */
export type MonitoringAlertsRow = z.output<typeof monitoringAlertsRow>;

/** The table `monitoring.alert_changes`: what became of alerts, and whether it was told. */
export const monitoringAlertChanges = defineRow({
  change_id: int8,
  metric_name: varchar(100),
  state: toldState,
  severity: nullable(severity),
  value: nullable(numeric),
  reason: nullable(text),
  changed_at: timestamptz,
  told_at: nullable(timestamptz),
  scope,
  scope_name: varchar(63),
  began_at: nullable(timestamptz),
  silenced: bool,
  routed_at: nullable(timestamptz),
});
/** Parses a row of `monitoring.alert_changes`. */
export const monitoringAlertChangesRow = monitoringAlertChanges.row;
/** A row of `monitoring.alert_changes`. */
export type MonitoringAlertChangesRow = z.output<typeof monitoringAlertChangesRow>;

/** The table `monitoring.storage_changes`: what was changed about how tables are stored and vacuumed. */
export const monitoringStorageChanges = defineRow({
  change_id: uuid,
  schema_name: text,
  table_name: text,
  parameters: jsonb,
  previous: jsonb,
  reason: text,
  observed: jsonb,
  changed_at: timestamptz,
  reverted_at: nullable(timestamptz),
});
/** Parses a row of `monitoring.storage_changes`. */
export const monitoringStorageChangesRow = monitoringStorageChanges.row;
/** A row of `monitoring.storage_changes`. */
export type MonitoringStorageChangesRow = z.output<typeof monitoringStorageChangesRow>;

/** The table `monitoring.alert_overrides`: from when on the value of a metric is an alert for one database or role. */
export const monitoringAlertOverrides = defineRow({
  metric_name: varchar(100),
  scope: choice(varchar(10), ["database", "role"]),
  scope_name: varchar(63),
  warning_threshold: nullable(numeric),
  critical_threshold: nullable(numeric),
  enabled: bool,
  created_at: timestamptz,
  updated_at: timestamptz,
});
/** Parses a row of `monitoring.alert_overrides`. */
export const monitoringAlertOverridesRow = monitoringAlertOverrides.row;
/** A row of `monitoring.alert_overrides`. */
export type MonitoringAlertOverridesRow = z.output<typeof monitoringAlertOverridesRow>;

/** The table `monitoring.alert_silences`: alerts that are not told for a while. */
export const monitoringAlertSilences = defineRow({
  silence_id: uuid,
  metric_name: nullable(varchar(100)),
  scope: nullable(choice(varchar(10), ["database", "role"])),
  scope_name: nullable(varchar(63)),
  reason: text,
  created_by: text,
  starts_at: timestamptz,
  ends_at: timestamptz,
  created_at: timestamptz,
});
/** Parses a row of `monitoring.alert_silences`. */
export const monitoringAlertSilencesRow = monitoringAlertSilences.row;
/** A row of `monitoring.alert_silences`. */
export type MonitoringAlertSilencesRow = z.output<typeof monitoringAlertSilencesRow>;

/** The table `monitoring.alert_deliveries`: what is to be told of an alert to each channel, and how that went. */
export const monitoringAlertDeliveries = defineRow({
  change_id: int8,
  channel: varchar(63),
  attempts: int4,
  next_attempt_at: timestamptz,
  last_error: nullable(text),
  outcome: choice(varchar(20), ["waiting", "delivered", "given up"]),
  settled_at: nullable(timestamptz),
  created_at: timestamptz,
});
/** Parses a row of `monitoring.alert_deliveries`. */
export const monitoringAlertDeliveriesRow = monitoringAlertDeliveries.row;
/** A row of `monitoring.alert_deliveries`. */
export type MonitoringAlertDeliveriesRow = z.output<typeof monitoringAlertDeliveriesRow>;

/** The table `monitoring.heartbeats`: signs of life, for those who must hear when there are none. */
export const monitoringHeartbeats = defineRow({
  name: varchar(100),
  holder: text,
  beat_at: timestamptz,
  beat_every: duration,
  told_at: nullable(timestamptz),
});
/** Parses a row of `monitoring.heartbeats`. */
export const monitoringHeartbeatsRow = monitoringHeartbeats.row;
/** A row of `monitoring.heartbeats`. */
export type MonitoringHeartbeatsRow = z.output<typeof monitoringHeartbeatsRow>;

/** The table `monitoring.index_recommendations`: indexes that were advised, and what became of the advice. */
export const monitoringIndexRecommendations = defineRow({
  recommendation_id: uuid,
  schema_name: text,
  table_name: text,
  column_names: texts,
  index_type: text,
  recommendation_reason: text,
  estimated_benefit: text,
  query_patterns: texts,
  scan_count: nullable(int8),
  tuple_count: nullable(int8),
  status: choice(text, ["pending", "implemented", "rejected", "obsolete"]),
  created_at: timestamptz,
  implemented_at: nullable(timestamptz),
  index_name: text,
  definition: text,
  is_validated: bool,
  not_validated_because: nullable(text),
  size_bytes: nullable(int8),
  cost_before: nullable(float8),
  cost_after: nullable(float8),
  write_cost: nullable(float8),
  lost_hot_updates: nullable(int8),
  query_hashes: texts,
  decided_at: nullable(timestamptz),
  decision_reason: nullable(text),
  watched_statements: jsonb,
});
/** Parses a row of `monitoring.index_recommendations`. */
export const monitoringIndexRecommendationsRow = monitoringIndexRecommendations.row;
/** A row of `monitoring.index_recommendations`. */
export type MonitoringIndexRecommendationsRow = z.output<typeof monitoringIndexRecommendationsRow>;
