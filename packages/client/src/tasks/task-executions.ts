import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { executions, type TaskExecution } from "./task.ts";

/** The attempts of a task that have ended; see {@link Tasks.executions}. */
export async function taskExecutions(
  on: Executor,
  taskId: string,
  options?: QueryOptions,
): Promise<readonly TaskExecution[]> {
  const checked = parseInput(z.guid(), taskId, "the identifier of a task");
  return await on.read.any(
    sql.type(executions.row)`
      SELECT ${executions.columns("e")}
      FROM tasks.executions AS e
      WHERE e.task_id = ${checked}::UUID
      ORDER BY e.started_at, e.execution_attempt`,
    options,
  );
}
