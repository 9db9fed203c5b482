import { taskStatusType } from "@mister-smith/schema";
import { z } from "zod";
import type { Executor } from "../../executor/executor.ts";
import type { QueryOptions } from "../../queryable/query-options.ts";
import { sql } from "../../statement/sql.ts";

/** An attempt that is on record, and how its task stands. */
export interface RecordedAttempt {
  readonly executionId: string;
  readonly taskStatus: z.output<typeof taskStatusType>;
  readonly scheduledAt: Date | null;
}

const recorded = z.object({
  executionId: z.string(),
  taskStatus: taskStatusType,
  scheduledAt: z.date().nullable(),
});

/** Finds out which attempts were ended by a statement whose answer was lost: it left their records. */
export async function recordedAttempts(
  on: Executor,
  executionIds: readonly string[],
  options?: QueryOptions,
): Promise<readonly RecordedAttempt[]> {
  if (executionIds.length === 0) return [];
  return await on.write.any(
    sql.type(recorded)`
      SELECT
        e.execution_id AS "executionId", q.status AS "taskStatus",
        CASE WHEN q.status = 'pending' THEN q.scheduled_at END AS "scheduledAt"
      FROM tasks.executions AS e
      JOIN tasks.queue AS q ON q.task_id = e.task_id AND q.task_type = e.task_type
      WHERE e.execution_id = ANY (${sql.array(executionIds, "uuid")})
    `,
    options,
  );
}
