import { z } from "zod";
import type { Executor } from "../../executor/executor.ts";
import { jsonText } from "../../json/json-text.ts";
import type { QueryOptions } from "../../queryable/query-options.ts";
import { sql } from "../../statement/sql.ts";
import type { TaskCompletion } from "../task-work.ts";
import { claimColumns, optionalColumn } from "./claim-columns.ts";

const completed = z.object({ isAll: z.boolean(), taskIds: z.array(z.string()).nullable() });

/** Ends attempts that succeeded; see `TaskWork.complete`. */
export async function completeTasks(
  on: Executor,
  completions: readonly TaskCompletion[],
  options?: QueryOptions,
): Promise<readonly string[]> {
  if (completions.length === 0) return [];
  const results = optionalColumn(completions, "jsonb", ({ taskId, result }) =>
    result === undefined || result === null ? undefined : jsonText(result, `the result of task ${taskId}`),
  );
  const executionIds = optionalColumn(completions, "uuid", ({ executionId }) => executionId);
  // All of them, nearly always: then there is nothing to list.
  const { isAll, taskIds } = await on.write.one(
    sql.type(completed)`
      SELECT
        count(*) = ${completions.length} AS "isAll",
        CASE WHEN count(*) < ${completions.length} THEN array_agg(c.task_id) END AS "taskIds"
      FROM tasks.complete(${claimColumns(completions)}, ${results}, ${executionIds}) AS c (task_id)
    `,
    options,
  );
  return isAll ? completions.map(({ taskId }) => taskId) : (taskIds ?? []);
}
