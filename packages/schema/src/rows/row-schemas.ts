import { agentsCheckpoints, agentsLifecycleEvents, agentsRegistry, agentsState } from "./agents.ts";
import type { RowDefinition } from "./define-row.ts";
import { knowledgeEmbeddings, knowledgeFacts } from "./knowledge.ts";
import { messagesChannels, messagesDeliveries, messagesLog, messagesSubscriptions } from "./messages.ts";
import {
  monitoringAlertChanges,
  monitoringAlerts,
  monitoringAlertThresholds,
  monitoringConnectionStats,
  monitoringQueryPlans,
  monitoringStorageChanges,
} from "./monitoring.ts";
import { partitionsList, partitionsOptionalIndexes, partitionsSettings } from "./partitions.ts";
import { sessionsActive, sessionsLive } from "./sessions.ts";
import {
  syncDeadLetters,
  syncEventSources,
  syncIncarnations,
  syncLeases,
  syncOutbox,
  syncOutboxBacklog,
  syncOutboxPending,
  syncPositions,
} from "./sync.ts";
import {
  tasksBacklog,
  tasksDeadLetters,
  tasksDependencies,
  tasksDependencyTurns,
  tasksExecutions,
  tasksLeases,
  tasksOrderKeys,
  tasksOrderQueue,
  tasksQueue,
  tasksReady,
  tasksRunning,
  tasksSchedules,
  tasksTypeLimits,
  tasksUniqueKeys,
  tasksUnsettled,
} from "./tasks.ts";

/** Every table and view of the database by its qualified name; the partitions of a table have its rows. */
export const rowSchemas = {
  "agents.checkpoints": agentsCheckpoints,
  "agents.lifecycle_events": agentsLifecycleEvents,
  "agents.registry": agentsRegistry,
  "agents.state": agentsState,
  "knowledge.embeddings": knowledgeEmbeddings,
  "knowledge.facts": knowledgeFacts,
  "messages.channels": messagesChannels,
  "messages.deliveries": messagesDeliveries,
  "messages.log": messagesLog,
  "messages.subscriptions": messagesSubscriptions,
  "monitoring.alert_changes": monitoringAlertChanges,
  "monitoring.alert_thresholds": monitoringAlertThresholds,
  "monitoring.alerts": monitoringAlerts,
  "monitoring.connection_stats": monitoringConnectionStats,
  "monitoring.query_plans": monitoringQueryPlans,
  "monitoring.storage_changes": monitoringStorageChanges,
  "partitions.list": partitionsList,
  "partitions.optional_indexes": partitionsOptionalIndexes,
  "partitions.settings": partitionsSettings,
  "sessions.active": sessionsActive,
  "sessions.live": sessionsLive,
  "sync.dead_letters": syncDeadLetters,
  "sync.event_sources": syncEventSources,
  "sync.incarnations": syncIncarnations,
  "sync.leases": syncLeases,
  "sync.outbox": syncOutbox,
  "sync.outbox_backlog": syncOutboxBacklog,
  "sync.outbox_pending": syncOutboxPending,
  "sync.positions": syncPositions,
  "tasks.backlog": tasksBacklog,
  "tasks.dead_letters": tasksDeadLetters,
  "tasks.dependencies": tasksDependencies,
  "tasks.dependency_turns": tasksDependencyTurns,
  "tasks.executions": tasksExecutions,
  "tasks.leases": tasksLeases,
  "tasks.order_keys": tasksOrderKeys,
  "tasks.order_queue": tasksOrderQueue,
  "tasks.queue": tasksQueue,
  "tasks.ready": tasksReady,
  "tasks.running": tasksRunning,
  "tasks.schedules": tasksSchedules,
  "tasks.type_limits": tasksTypeLimits,
  "tasks.unique_keys": tasksUniqueKeys,
  "tasks.unsettled": tasksUnsettled,
} as const satisfies Readonly<Record<string, RowDefinition>>;

/** The qualified name of a table or view. */
export type RelationName = keyof typeof rowSchemas;
