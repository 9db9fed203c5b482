// What comes out of a row, whatever the driver's parsers made of it on the way:
//
//   UUID                  string
//   TEXT, VARCHAR, INET   string; where a CHECK allows a few values only, one of those
//   enum                  one of its labels
//   BOOLEAN               boolean
//   INTEGER               number
//   BIGINT                bigint
//   NUMERIC, FLOAT        number
//   TIMESTAMPTZ           Date, to the millisecond; infinity is refused
//   INTERVAL              number of milliseconds
//   JSONB                 JSON value; a JSON null and an SQL NULL are both null
//   REAL[], VECTOR        array of numbers
//   BYTEA                 Uint8Array
//
// Columns keep their names in the database. A row with more columns than its schema knows loses those.

export {
  type AgentsCheckpointsRow,
  type AgentsLifecycleEventsRow,
  type AgentsRegistryRow,
  type AgentsStateRow,
  agentsCheckpointsRow,
  agentsLifecycleEventsRow,
  agentsRegistryRow,
  agentsStateRow,
} from "./agents.ts";
export { bigInteger } from "./big-integer.ts";
export type { Column } from "./column.ts";
export { decimal } from "./decimal.ts";
export type { Columns, RowDefinition } from "./define-row.ts";
export {
  type AgentIdType,
  agentIdType,
  domainSchemas,
  type MessageIdType,
  messageIdType,
  type TaskIdType,
  taskIdType,
} from "./domains.ts";
export { embeddingDimensions, embeddingVector } from "./embedding-vector.ts";
export {
  type AgentStatusType,
  agentStatusType,
  enumSchemas,
  type MessageType,
  messageType,
  type TaskPriorityType,
  type TaskStatusType,
  taskPriorityType,
  taskStatusType,
} from "./enums.ts";
export { interval } from "./interval.ts";
export { type JsonValue, jsonValue } from "./json-value.ts";
export {
  type KnowledgeEmbeddingsRow,
  type KnowledgeFactsRow,
  knowledgeEmbeddingsRow,
  knowledgeFactsRow,
} from "./knowledge.ts";
export {
  type MessagesChannelsRow,
  type MessagesDeliveriesRow,
  type MessagesLogRow,
  type MessagesSubscriptionsRow,
  messagesChannelsRow,
  messagesDeliveriesRow,
  messagesLogRow,
  messagesSubscriptionsRow,
} from "./messages.ts";
export {
  type MonitoringAlertChangesRow,
  type MonitoringAlertDeliveriesRow,
  type MonitoringAlertOverridesRow,
  type MonitoringAlertSilencesRow,
  type MonitoringAlertsRow,
  type MonitoringAlertThresholdsRow,
  type MonitoringConnectionStatsRow,
  type MonitoringHeartbeatsRow,
  type MonitoringIndexRecommendationsRow,
  type MonitoringQueryPlansRow,
  type MonitoringStorageChangesRow,
  monitoringAlertChangesRow,
  monitoringAlertDeliveriesRow,
  monitoringAlertOverridesRow,
  monitoringAlertSilencesRow,
  monitoringAlertsRow,
  monitoringAlertThresholdsRow,
  monitoringConnectionStatsRow,
  monitoringHeartbeatsRow,
  monitoringIndexRecommendationsRow,
  monitoringQueryPlansRow,
  monitoringStorageChangesRow,
} from "./monitoring.ts";
export {
  type PartitionsListRow,
  type PartitionsOptionalIndexesRow,
  type PartitionsSettingsRow,
  partitionsListRow,
  partitionsOptionalIndexesRow,
  partitionsSettingsRow,
} from "./partitions.ts";
export { type RelationName, rowSchemas } from "./row-schemas.ts";
export {
  type SessionsActiveRow,
  type SessionsLiveRow,
  sessionsActiveRow,
  sessionsLiveRow,
} from "./sessions.ts";
export {
  type SyncDeadLettersRow,
  type SyncEventSourcesRow,
  type SyncIncarnationsRow,
  type SyncLeasesRow,
  type SyncOutboxBacklogRow,
  type SyncOutboxPendingRow,
  type SyncOutboxRow,
  type SyncPositionsRow,
  syncDeadLettersRow,
  syncEventSourcesRow,
  syncIncarnationsRow,
  syncLeasesRow,
  syncOutboxBacklogRow,
  syncOutboxPendingRow,
  syncOutboxRow,
  syncPositionsRow,
} from "./sync.ts";
export {
  type TasksBacklogRow,
  type TasksDeadLettersRow,
  type TasksDependenciesRow,
  type TasksDependencyTurnsRow,
  type TasksExecutionsRow,
  type TasksLeasesRow,
  type TasksOrderKeysRow,
  type TasksOrderQueueRow,
  type TasksQueueRow,
  type TasksReadyRow,
  type TasksRunningRow,
  type TasksSchedulesRow,
  type TasksTypeLimitsRow,
  type TasksUniqueKeysRow,
  type TasksUnsettledRow,
  tasksBacklogRow,
  tasksDeadLettersRow,
  tasksDependenciesRow,
  tasksDependencyTurnsRow,
  tasksExecutionsRow,
  tasksLeasesRow,
  tasksOrderKeysRow,
  tasksOrderQueueRow,
  tasksQueueRow,
  tasksReadyRow,
  tasksRunningRow,
  tasksSchedulesRow,
  tasksTypeLimitsRow,
  tasksUniqueKeysRow,
  tasksUnsettledRow,
} from "./tasks.ts";
export { timestamp } from "./timestamp.ts";
