import { z } from "zod";
import type { Executor } from "../../executor/executor.ts";
import type { QueryOptions } from "../../queryable/query-options.ts";
import { sql } from "../../statement/sql.ts";

/** Whether a task waits that an agent could claim, now or when the limits of its type allow it. */
export async function isAnyReady(
  on: Executor,
  request: { readonly agentId: string; readonly taskTypes: readonly string[] },
  options?: QueryOptions,
): Promise<boolean> {
  return await on.write.exists(
    sql.type(z.object({ yes: z.int() }))`
      SELECT 1 AS "yes" FROM tasks.ready AS r
      WHERE r.task_type = ANY (${sql.array(request.taskTypes, "text")})
        AND r.assigned_agent_id IN (${request.agentId}::UUID, '00000000-0000-0000-0000-000000000000')
        AND r.run_at <= clock_timestamp()
        AND (r.expires_at IS NULL OR r.expires_at > clock_timestamp())
        AND NOT EXISTS (
          SELECT FROM tasks.type_limits AS l WHERE l.task_type = r.task_type AND l.is_paused
        )
      LIMIT 1
    `,
    options,
  );
}
