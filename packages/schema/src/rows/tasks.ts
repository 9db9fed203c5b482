import type { z } from "zod";
import { choice, nullable } from "./column.ts";
import { duration, int4, int8, jsonb, text, timestamptz, uuid, varchar } from "./columns.ts";
import { defineRow } from "./define-row.ts";
import { agentId, taskId } from "./domains.ts";
import { taskPriority, taskStatus } from "./enums.ts";

/** The table `tasks.dependencies`: which task waits for which. */
export const tasksDependencies = defineRow({
  dependency_id: uuid,
  task_id: taskId,
  task_type: varchar(100),
  depends_on_task_id: taskId,
  depends_on_task_type: varchar(100),
  dependency_type: choice(varchar(50), ["completion", "start", "data", "resource"]),
  created_at: timestamptz,
});
/** Parses a row of `tasks.dependencies`. */
export const tasksDependenciesRow = tasksDependencies.row;
/** A row of `tasks.dependencies`. */
export type TasksDependenciesRow = z.output<typeof tasksDependenciesRow>;

/** The table `tasks.executions`: every attempt to execute a task; one partition a day of UTC. */
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
});
/** Parses a row of `tasks.queue`. */
export const tasksQueueRow = tasksQueue.row;
/** A row of `tasks.queue`. */
export type TasksQueueRow = z.output<typeof tasksQueueRow>;
