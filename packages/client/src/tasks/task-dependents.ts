import { taskStatusType } from "@mister-smith/schema";
import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";

const dependent = z.object({
  taskId: z.string(),
  taskType: z.string(),
  type: z.enum(["completion", "data", "start", "resource"]),
  onFailure: z.enum(["cancel", "ignore", "wait"]),
  status: taskStatusType,
});

/** A task that waits, or waited, for another one. */
export type TaskDependent = z.output<typeof dependent>;

/** Who waits for a task; see {@link Tasks.dependents}. */
export async function taskDependents(
  on: Executor,
  taskId: string,
  options?: QueryOptions,
): Promise<readonly TaskDependent[]> {
  const checked = parseInput(z.guid(), taskId, "the identifier of a task");
  return await on.read.any(
    sql.type(dependent)`
      SELECT
        q.task_id AS "taskId", q.task_type AS "taskType", d.dependency_type AS "type", d.on_failure AS "onFailure",
        q.status AS "status"
      FROM tasks.dependencies AS d
      JOIN tasks.queue AS q ON q.task_id = d.task_id AND q.task_type = d.task_type
      WHERE d.depends_on_task_id = ${checked}::UUID
      ORDER BY d.created_at, q.task_id`,
    options,
  );
}
