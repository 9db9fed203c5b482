export type { AdviceOptions } from "./advice/advice-options.ts";
export { adviseIndexes } from "./advice/advise-indexes.ts";
export {
  type AppliedRecommendation,
  type ApplyOptions,
  applyRecommendation,
  revertRecommendation,
} from "./advice/apply-recommendation.ts";
export type { AdvisedIndex, AdvisedStatement, IndexAdvice, SkippedStatement } from "./advice/index-advice.ts";
export { type IndexUsage, type IndexUsageReport, indexUsage } from "./advice/index-usage.ts";
export type { WatchedStatement } from "./advice/judge-index.ts";
export {
  getRecommendation,
  type IndexRecommendation,
  keepAdvice,
  listRecommendations,
  rejectRecommendation,
} from "./advice/recommendations.ts";
export { type WatchedIndex, watchIndexes } from "./advice/watch-indexes.ts";
export { dropOldChanges, markTold, untoldChanges } from "./alerts/alert-changes.ts";
export { keepAlerts } from "./alerts/keep-alerts.ts";
export type { AlertState, Severity } from "./alerts/next-alert.ts";
export type { OverrideChange, OverrideKey } from "./alerts/overrides.ts";
export { changeOverride, listOverrides, removeOverride } from "./alerts/overrides.ts";
export { alertHistory, listAlerts, waitingDeliveries } from "./alerts/read-alerts.ts";
export { changeThreshold, listThresholds, type ThresholdChange } from "./alerts/thresholds.ts";
export { type ImportBounds, type ImportedPlans, importPlans } from "./auto-explain/import-plans.ts";
export type { Channel } from "./channels/channel.ts";
export { ChannelError } from "./channels/channel-error.ts";
export { type ChannelMeans, checkChannels, createChannels } from "./channels/create-channels.ts";
export type { AlertPublisher } from "./channels/jetstream-channel.ts";
export type { AlertLevel } from "./check/alert-level.ts";
export type { ThresholdCheck } from "./check/check-thresholds.ts";
export type { Asked, CollectedRow, Collector, ServerFacts } from "./collect/collector.ts";
export { createMonitor, createMonitorOn, type Monitor } from "./collect/create-monitor.ts";
export type { MonitorBounds, MonitorOptions } from "./collect/monitor-options.ts";
export type { CollectorReport, CollectorState, Snapshot } from "./collect/snapshot.ts";
export { allCollectors } from "./collectors/all-collectors.ts";
export type { ChannelConfig } from "./config/channel-config.ts";
export { type MonitoringConfig, monitoringConfig } from "./config/monitoring-config.ts";
export { type DeliverOptions, deliverAlerts, type FailedDelivery } from "./deliver/deliver-alerts.ts";
export type { GivenUpDelivery } from "./deliver/deliveries.ts";
export {
  beat,
  type Heartbeat,
  heartbeatNotification,
  isLate,
  readHeartbeat,
  tellHeartbeat,
  testNotification,
} from "./deliver/heartbeat.ts";
export type { Notification } from "./deliver/notification.ts";
export { notificationText } from "./deliver/notification-text.ts";
export { grafanaDashboard } from "./exposition/grafana-dashboard.ts";
export { type PrometheusRule, prometheusRules, type RuleFile } from "./exposition/prometheus-rules.ts";
export { prometheusText } from "./exposition/prometheus-text.ts";
export type { RuleThreshold } from "./exposition/rules/rule.ts";
export {
  createJetStreamMonitor,
  type JetStreamMonitor,
  type JetStreamMonitorOptions,
} from "./jetstream/create-jetstream-monitor.ts";
export { jetStreamCollectors } from "./jetstream/jetstream-collectors.ts";
export type { JetStreamView } from "./jetstream/jetstream-view.ts";
export { daemonMetrics } from "./metrics/daemon-metrics.ts";
export type { Metric, Sample } from "./metrics/metric.ts";
export { type ComparedLine, comparePlans } from "./plans/compare-plans.ts";
export { dropOldPlans, type KeptPlan, keepPlan, type NewPlan } from "./plans/keep-plan.ts";
export { type PlanLine, planLines, planLineText } from "./plans/plan-lines.ts";
export { planShape } from "./plans/plan-shape.ts";
export type { PlanNode, PlannedStatement } from "./plans/planned-statement.ts";
export {
  type ListedPlan,
  listPlans,
  type PlanFilter,
  type RecordedPlan,
  readPlan,
  readPlanBefore,
} from "./plans/read-plans.ts";
export {
  adviseConfiguration,
  type ConfigurationAdvice,
  type ConfigurationReport,
  type ServerConfiguration,
  type SettingOverride,
  type TakesEffect,
} from "./production/advise-configuration.ts";
export {
  type AppliedConfiguration,
  applyConfiguration,
  configurationStatement,
} from "./production/apply-configuration.ts";
export { readConfiguration } from "./production/read-configuration.ts";
export type { SettingState } from "./production/setting-value.ts";
export type { MachineSize } from "./production/wanted-settings.ts";
export type { Bloat } from "./questions/bloat.ts";
export type { Connection, Connections } from "./questions/connections.ts";
export type { LockWait } from "./questions/lock-waits.ts";
export type { SlowStatement } from "./questions/slow-statements.ts";
export type { CountedStatements, StatementCounts } from "./questions/statement-counts.ts";
export type { VacuumState } from "./questions/vacuum.ts";
export { type Scope, type Scoped, scopesOf } from "./scopes/scope.ts";
export { addSilence, endSilence, listSilences, type NewSilence } from "./silences/silences.ts";
export {
  type CaptureBounds,
  type CapturedStatement,
  type CaptureReport,
  createPlanCapture,
  type PlanCapture,
} from "./statements/capture-plans.ts";
export { explainStatement } from "./statements/explain-statement.ts";
export type { ExplainBounds, ExplainedStatement, NotExplained } from "./statements/plan-statement.ts";
export {
  type StatementChange,
  type StatementChanges,
  statementChanges,
} from "./statements/statement-changes.ts";
export { changeStorage, revertStorage, storageChanges, storageStatements } from "./vacuum/change-storage.ts";
export { type ChurnCounters, churnBetween, readChurn } from "./vacuum/read-churn.ts";
export type { TableChurn } from "./vacuum/table-churn.ts";
export { adviseVacuum, type VacuumAdvice } from "./vacuum/vacuum-advice.ts";
