import type { Task } from "@mister-smith/client";

/** Every status of a task, as options take them. */
export const taskStatuses = [
  "pending",
  "queued",
  "running",
  "completed",
  "failed",
  "cancelled",
  "paused",
] as const satisfies readonly Task["status"][];

/** Every priority, the most urgent first. */
export const taskPriorities = [
  "critical",
  "urgent",
  "high",
  "normal",
  "low",
] as const satisfies readonly Task["priority"][];
