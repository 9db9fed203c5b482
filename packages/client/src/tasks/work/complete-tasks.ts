import { z } from "zod";
import type { Executor } from "../../executor/executor.ts";
import { jsonText } from "../../json/json-text.ts";
import type { QueryOptions } from "../../queryable/query-options.ts";
import { sql } from "../../statement/sql.ts";
import type { TaskClaim } from "../claimed-task.ts";
import type { TaskCompletion } from "../task-work.ts";
import { checkClaims } from "./check-claims.ts";
import { claimColumns, optionalColumn } from "./claim-columns.ts";
import type { EndOptions } from "./end-options.ts";

/** An attempt that succeeded, with its result as JSON text. */
export interface CompletedAttempt extends TaskClaim {
  /** Default: null. */
  readonly resultText: string | undefined;
  readonly executionId: string | undefined;
}

const completed = z.object({ isAll: z.boolean(), taskIds: z.array(z.string()).nullable() });

/** Ends attempts that succeeded; see `TaskWork.complete`. */
export async function completeTasks(
  on: Executor,
  completions: readonly TaskCompletion[],
  options?: QueryOptions,
): Promise<readonly string[]> {
  checkClaims(completions, "the completions");
  const attempts = completions.map(({ taskId, fencingToken, executionId, result }) => ({
    taskId,
    fencingToken,
    executionId,
    resultText: result === undefined ? undefined : jsonText(result, `the result of task ${taskId}`),
  }));
  return await completeAttempts(on, attempts, options);
}

/** Ends attempts that succeeded. Returns the ids of the tasks it completed. */
export async function completeAttempts(
  on: Executor,
  attempts: readonly CompletedAttempt[],
  options?: EndOptions,
): Promise<readonly string[]> {
  if (attempts.length === 0) return [];
  const results = optionalColumn(attempts, "jsonb", ({ resultText }) => resultText);
  const executionIds = optionalColumn(attempts, "uuid", ({ executionId }) => executionId);
  // All of them, nearly always: then there is nothing to list.
  const { isAll, taskIds } = await on.write.one(
    sql.type(completed)`
      SELECT
        count(*) = ${attempts.length} AS "isAll",
        CASE WHEN count(*) < ${attempts.length} THEN array_agg(c.task_id) END AS "taskIds"
      FROM tasks.complete(${claimColumns(attempts, options?.lockWaitMs)}, ${results}, ${executionIds}) AS c (task_id)
    `,
    options,
  );
  return isAll ? attempts.map(({ taskId }) => taskId) : (taskIds ?? []);
}
