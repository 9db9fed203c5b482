import { taskPriorityType } from "@mister-smith/schema";
import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { writtenTime } from "../time/time-input.ts";
import { checkedTaskIds } from "./task-ids.ts";
import { taskIdArray } from "./task-statement.ts";

const changes = z.strictObject({
  priority: taskPriorityType.optional(),
  /** Not to be started before; null: at once. */
  scheduledAt: writtenTime.nullable().optional(),
});

/** What to change of tasks that wait. What is not given stays. */
export type Reschedule = z.input<typeof changes>;

/** Changes when tasks that wait are done; see {@link Tasks.reschedule}. */
export async function rescheduleTasks(
  on: Executor,
  taskIds: readonly string[],
  change: Reschedule,
  options?: QueryOptions,
): Promise<readonly string[]> {
  const { priority, scheduledAt } = parseInput(changes, change, "the change of tasks");
  const when = scheduledAt === undefined ? null : (scheduledAt?.toISOString() ?? "-infinity");
  return await on.write.anyFirst(
    sql.type(z.object({ taskId: z.string() }))`
      UPDATE tasks.queue AS q
      SET
        priority = COALESCE(${priority ?? null}::public.task_priority_type, q.priority),
        scheduled_at = CASE
          WHEN ${when}::TIMESTAMPTZ IS NULL THEN q.scheduled_at
          ELSE NULLIF(${when}::TIMESTAMPTZ, '-infinity')
        END
      WHERE q.task_id = ANY (${taskIdArray(checkedTaskIds(taskIds))}) AND q.status IN ('pending', 'queued', 'paused')
      RETURNING q.task_id AS "taskId"`,
    { ...options, idempotent: true },
  );
}
