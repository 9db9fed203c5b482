import type { z } from "zod";
import { choice, nullable } from "./column.ts";
import { bool, duration, float8, int4, int8, jsonb, text, timestamptz, uuid, varchar } from "./columns.ts";
import { defineRow } from "./define-row.ts";
import { agentId, taskId } from "./domains.ts";
import { taskPriority, taskStatus } from "./enums.ts";

/** The view `tasks.backlog`: how much there is to do, one row a type that has anything. */
export const tasksBacklog = defineRow({
  task_type: varchar(100),
  ready: int8,
  delayed: int8,
  running: int8,
  dead: int8,
  oldest_ready_at: nullable(timestamptz),
});
/** Parses a row of `tasks.backlog`. */
export const tasksBacklogRow = tasksBacklog.row;
/** A row of `tasks.backlog`. */
export type TasksBacklogRow = z.output<typeof tasksBacklogRow>;

/** The table `tasks.dead_letters`: the tasks that failed for good, until they are redriven or removed. */
export const tasksDeadLetters = defineRow({
  task_id: taskId,
  task_type: varchar(100),
  failed_at: timestamptz,
  attempts: int8,
  error_message: text,
});
/** Parses a row of `tasks.dead_letters`. */
export const tasksDeadLettersRow = tasksDeadLetters.row;
/** A row of `tasks.dead_letters`. */
export type TasksDeadLettersRow = z.output<typeof tasksDeadLettersRow>;

/** The table `tasks.dependencies`: which task waits for which. */
export const tasksDependencies = defineRow({
  dependency_id: uuid,
  task_id: taskId,
  task_type: varchar(100),
  depends_on_task_id: taskId,
  depends_on_task_type: varchar(100),
  dependency_type: choice(varchar(50), ["completion", "start", "data", "resource"]),
  created_at: timestamptz,
  on_failure: choice(varchar(20), ["cancel", "ignore", "wait"]),
});
/** Parses a row of `tasks.dependencies`. */
export const tasksDependenciesRow = tasksDependencies.row;
/** A row of `tasks.dependencies`. */
export type TasksDependenciesRow = z.output<typeof tasksDependenciesRow>;

/** The table `tasks.executions`: every attempt to execute a task that has ended; one partition a day of UTC. */
export const tasksExecutions = defineRow({
  execution_id: uuid,
  task_id: taskId,
  task_type: varchar(100),
  agent_id: agentId,
  execution_attempt: int4,
  started_at: timestamptz,
  completed_at: nullable(timestamptz),
  status: taskStatus,
  result: nullable(jsonb),
  error_message: nullable(text),
  error_details: nullable(jsonb),
  cpu_time_ms: nullable(int8),
  memory_peak_mb: nullable(int4),
  io_operations: nullable(int8),
});
/** Parses a row of `tasks.executions`. */
export const tasksExecutionsRow = tasksExecutions.row;
/** A row of `tasks.executions`. */
export type TasksExecutionsRow = z.output<typeof tasksExecutionsRow>;

/** The table `tasks.leases`: who works on which task, and until when nobody else may. */
export const tasksLeases = defineRow({
  task_id: taskId,
  task_type: varchar(100),
  agent_id: agentId,
  fencing_token: int8,
  started_at: timestamptz,
  heartbeat_at: timestamptz,
  expires_at: timestamptz,
  cancel_requested: bool,
  progress: nullable(jsonb),
});
/** Parses a row of `tasks.leases`. */
export const tasksLeasesRow = tasksLeases.row;
/** A row of `tasks.leases`. */
export type TasksLeasesRow = z.output<typeof tasksLeasesRow>;

/** The table `tasks.order_keys`: the order keys in use. */
export const tasksOrderKeys = defineRow({
  task_type: varchar(100),
  order_key: varchar(255),
  last_enqueued_at: timestamptz,
});
/** Parses a row of `tasks.order_keys`. */
export const tasksOrderKeysRow = tasksOrderKeys.row;
/** A row of `tasks.order_keys`. */
export type TasksOrderKeysRow = z.output<typeof tasksOrderKeysRow>;

/** The table `tasks.order_queue`: the unfinished tasks that have an order key, in line. */
export const tasksOrderQueue = defineRow({
  task_type: varchar(100),
  order_key: varchar(255),
  seq: int8,
  task_id: taskId,
});
/** Parses a row of `tasks.order_queue`. */
export const tasksOrderQueueRow = tasksOrderQueue.row;
/** A row of `tasks.order_queue`. */
export type TasksOrderQueueRow = z.output<typeof tasksOrderQueueRow>;

/** The table `tasks.queue`: every task; types with much traffic have a partition of their own. */
export const tasksQueue = defineRow({
  task_id: taskId,
  task_type: varchar(100),
  task_name: nullable(varchar(255)),
  assigned_agent_id: nullable(agentId),
  created_by_agent_id: nullable(agentId),
  parent_task_id: nullable(taskId),
  parent_task_type: nullable(varchar(100)),
  payload: jsonb,
  configuration: jsonb,
  metadata: jsonb,
  status: taskStatus,
  priority: taskPriority,
  scheduled_at: nullable(timestamptz),
  started_at: nullable(timestamptz),
  completed_at: nullable(timestamptz),
  expires_at: nullable(timestamptz),
  max_execution_time: duration,
  max_retries: int4,
  retry_count: int4,
  created_at: timestamptz,
  updated_at: timestamptz,
  fencing_token: int8,
  order_key: nullable(varchar(255)),
  unique_key: nullable(varchar(255)),
});
/** Parses a row of `tasks.queue`. */
export const tasksQueueRow = tasksQueue.row;
/** A row of `tasks.queue`. */
export type TasksQueueRow = z.output<typeof tasksQueueRow>;

/** The table `tasks.ready`: the tasks that may be claimed once their time has come. */
export const tasksReady = defineRow({
  task_type: varchar(100),
  assigned_agent_id: uuid,
  priority: taskPriority,
  run_at: timestamptz,
  seq: int8,
  task_id: taskId,
  expires_at: nullable(timestamptz),
});
/** Parses a row of `tasks.ready`. */
export const tasksReadyRow = tasksReady.row;
/** A row of `tasks.ready`. */
export type TasksReadyRow = z.output<typeof tasksReadyRow>;

/** The view `tasks.running`: the tasks that somebody works on. */
export const tasksRunning = defineRow({
  task_id: taskId,
  task_type: varchar(100),
  task_name: nullable(varchar(255)),
  agent_id: agentId,
  fencing_token: int8,
  started_at: timestamptz,
  heartbeat_at: timestamptz,
  lease_expires_at: timestamptz,
  cancel_requested: bool,
  progress: nullable(jsonb),
});
/** Parses a row of `tasks.running`. */
export const tasksRunningRow = tasksRunning.row;
/** A row of `tasks.running`. */
export type TasksRunningRow = z.output<typeof tasksRunningRow>;

/** The table `tasks.schedules`: tasks that are enqueued again and again. */
export const tasksSchedules = defineRow({
  schedule_name: varchar(255),
  task_type: varchar(100),
  cron_expression: varchar(255),
  time_zone: varchar(100),
  task: jsonb,
  is_active: bool,
  next_run_at: timestamptz,
  last_run_at: nullable(timestamptz),
  last_task_id: nullable(taskId),
  created_at: timestamptz,
  updated_at: timestamptz,
});
/** Parses a row of `tasks.schedules`. */
export const tasksSchedulesRow = tasksSchedules.row;
/** A row of `tasks.schedules`. */
export type TasksSchedulesRow = z.output<typeof tasksSchedulesRow>;

/** The table `tasks.type_limits`: how many tasks of a type may run at once and how often one may start. */
export const tasksTypeLimits = defineRow({
  task_type: varchar(100),
  max_running: nullable(int4),
  rate_limit: nullable(int4),
  rate_period: duration,
  is_paused: bool,
  rate_tokens: float8,
  rate_refilled_at: nullable(timestamptz),
});
/** Parses a row of `tasks.type_limits`. */
export const tasksTypeLimitsRow = tasksTypeLimits.row;
/** A row of `tasks.type_limits`. */
export type TasksTypeLimitsRow = z.output<typeof tasksTypeLimitsRow>;

/** The table `tasks.unique_keys`: the unique keys of unfinished tasks. */
export const tasksUniqueKeys = defineRow({
  task_type: varchar(100),
  unique_key: varchar(255),
  task_id: taskId,
});
/** Parses a row of `tasks.unique_keys`. */
export const tasksUniqueKeysRow = tasksUniqueKeys.row;
/** A row of `tasks.unique_keys`. */
export type TasksUniqueKeysRow = z.output<typeof tasksUniqueKeysRow>;

/** The table `tasks.dependency_turns`: one row, which lets whoever changes dependencies do it one after the other. */
export const tasksDependencyTurns = defineRow({
  is_only: bool,
  turns: int8,
});
/** Parses a row of `tasks.dependency_turns`. */
export const tasksDependencyTurnsRow = tasksDependencyTurns.row;
/** A row of `tasks.dependency_turns`. */
export type TasksDependencyTurnsRow = z.output<typeof tasksDependencyTurnsRow>;

/** The table `tasks.unsettled`: what the upkeep looks at again, after a transaction that could not see others' work. */
export const tasksUnsettled = defineRow({
  seq: int8,
  task_id: taskId,
});
/** Parses a row of `tasks.unsettled`. */
export const tasksUnsettledRow = tasksUnsettled.row;
/** A row of `tasks.unsettled`. */
export type TasksUnsettledRow = z.output<typeof tasksUnsettledRow>;
