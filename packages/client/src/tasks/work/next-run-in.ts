import { z } from "zod";
import type { Executor } from "../../executor/executor.ts";
import type { QueryOptions } from "../../queryable/query-options.ts";
import { sql } from "../../statement/sql.ts";

const nextRun = z.object({ inMs: z.number().nullable() });

/**
 * In how many milliseconds, by the server's clock, the next task that waits for its time may be claimed by an agent;
 * null when there is none.
 */
export async function nextRunIn(
  on: Executor,
  request: { readonly agentId: string; readonly taskTypes: readonly string[] },
  options?: QueryOptions,
): Promise<number | null> {
  // One look into the index for each type and priority.
  return await on.write.oneFirst(
    sql.type(nextRun)`
      SELECT (EXTRACT(epoch FROM min(n.run_at) - clock_timestamp()) * 1000)::DOUBLE PRECISION AS "inMs"
      FROM unnest(${sql.array(request.taskTypes, "text")}) AS t (task_type)
      CROSS JOIN unnest(enum_range(NULL::public.task_priority_type)) AS p (priority)
      CROSS JOIN (VALUES (${request.agentId}::UUID), ('00000000-0000-0000-0000-000000000000')) AS a (agent_id)
      CROSS JOIN LATERAL (
        SELECT r.run_at FROM tasks.ready AS r
        WHERE r.task_type = t.task_type AND r.assigned_agent_id = a.agent_id AND r.priority = p.priority
          AND r.run_at > clock_timestamp()
        ORDER BY r.run_at
        LIMIT 1
      ) AS n
    `,
    options,
  );
}
