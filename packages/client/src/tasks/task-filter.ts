import { taskPriorityType, taskStatusType } from "@mister-smith/schema";
import { z } from "zod";
import { sql } from "../statement/sql.ts";
import { anyText, textInput } from "../text/text-input.ts";

/** The zod schema of {@link TaskFilter}. */
export const taskFilter = {
  taskTypes: z.array(anyText).optional(),
  statuses: z.array(taskStatusType).optional(),
  priorities: z.array(taskPriorityType).optional(),
  assignedAgentId: z.guid().optional(),
  createdByAgentId: z.guid().optional(),
  parentTaskId: z.guid().optional(),
  orderKey: textInput(255).optional(),
  uniqueKey: textInput(255).optional(),
};

/** Which tasks. What is not given does not matter. */
export type TaskFilter = z.input<z.ZodObject<typeof taskFilter>>;

/** The condition that a task meets a filter. */
export function matchesTask(filter: TaskFilter) {
  const conditions = [
    filter.taskTypes && sql.fragment`q.task_type = ANY (${sql.array([...filter.taskTypes], "text")})`,
    filter.statuses &&
      sql.fragment`q.status = ANY (${sql.array([...filter.statuses], "text")}::public.task_status_type[])`,
    filter.priorities &&
      sql.fragment`q.priority = ANY (${sql.array([...filter.priorities], "text")}::public.task_priority_type[])`,
    filter.assignedAgentId && sql.fragment`q.assigned_agent_id = ${filter.assignedAgentId}::UUID`,
    filter.createdByAgentId && sql.fragment`q.created_by_agent_id = ${filter.createdByAgentId}::UUID`,
    filter.parentTaskId && sql.fragment`q.parent_task_id = ${filter.parentTaskId}::UUID`,
    filter.orderKey && sql.fragment`q.order_key = ${filter.orderKey}`,
    filter.uniqueKey && sql.fragment`q.unique_key = ${filter.uniqueKey}`,
  ];
  const given = conditions.filter((condition) => condition !== undefined && condition !== "");
  return given.length === 0 ? sql.fragment`TRUE` : sql.fragment`${sql.join(given, sql.fragment` AND `)}`;
}
