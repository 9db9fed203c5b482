import { z } from "zod";
import { column } from "./column.ts";

/** Where an agent stands in its life. */
export const agentStatusType = z.enum(["initializing", "active", "idle", "suspended", "terminated", "error"]);
/** Where an agent stands in its life. */
export type AgentStatusType = z.output<typeof agentStatusType>;

/** Where a task, or one attempt to execute it, stands. */
export const taskStatusType = z.enum([
  "pending",
  "queued",
  "running",
  "paused",
  "completed",
  "failed",
  "cancelled",
]);
/** Where a task, or one attempt to execute it, stands. */
export type TaskStatusType = z.output<typeof taskStatusType>;

/** How urgent a task is, from low to critical. */
export const taskPriorityType = z.enum(["low", "normal", "high", "urgent", "critical"]);
/** How urgent a task is, from low to critical. */
export type TaskPriorityType = z.output<typeof taskPriorityType>;

/** What a message is for. */
export const messageType = z.enum(["command", "query", "response", "notification", "heartbeat", "error"]);
/** What a message is for. */
export type MessageType = z.output<typeof messageType>;

/** Every enum of the database by its qualified name, its labels in the order in which they sort. */
export const enumSchemas = {
  "public.agent_status_type": agentStatusType,
  "public.task_status_type": taskStatusType,
  "public.task_priority_type": taskPriorityType,
  "public.message_type": messageType,
} as const;

export const agentStatus = column(agentStatusType, "public.agent_status_type");
export const taskStatus = column(taskStatusType, "public.task_status_type");
export const taskPriority = column(taskPriorityType, "public.task_priority_type");
export const messageKind = column(messageType, "public.message_type");
