import { z } from "zod";
import type { Executor } from "../../executor/executor.ts";
import type { QueryOptions } from "../../queryable/query-options.ts";
import { sql } from "../../statement/sql.ts";

const nextToken = z.object({ isRated: z.boolean(), inMs: z.number().nullable() });
/** When the rates of types let something start. */
export interface NextToken {
  /** Whether any of the types has a rate. */
  readonly isRated: boolean;
  /** In how many milliseconds, by the server's clock, one of the ready tasks may start that only a rate holds back; else null. */
  readonly inMs: number | null;
}

/** More often nobody need look: meanwhile the bucket of a rate keeps what comes in, unless its period is shorter. */
const leastMs = 10;

/** When the next task that its type's rate holds back may be claimed by an agent. */
export async function nextTokenIn(
  on: Executor,
  request: { readonly agentId: string; readonly taskTypes: readonly string[] },
  options?: QueryOptions,
): Promise<NextToken> {
  // The tokens are as in tasks.claimable(). A whole one has come in since the claim that got none: then it is time for
  // another claim, and the next token is soon enough where it is something else that holds the tasks back.
  return await on.write.one(
    sql.type(nextToken)`
      WITH rated AS (
        SELECT
          l.task_type, l.max_running, l.rate_limit,
          EXTRACT(epoch FROM l.rate_period)::DOUBLE PRECISION * 1000 AS period_ms,
          l.rate_tokens + l.rate_limit * CASE
            WHEN l.rate_refilled_at IS NULL THEN 1
            ELSE GREATEST(EXTRACT(epoch FROM clock_timestamp() - l.rate_refilled_at), 0)::DOUBLE PRECISION
              / EXTRACT(epoch FROM l.rate_period)::DOUBLE PRECISION
          END AS tokens
        FROM tasks.type_limits AS l
        WHERE l.task_type = ANY (${sql.array(request.taskTypes, "text")}) AND l.rate_limit IS NOT NULL
          AND NOT l.is_paused
      )
      SELECT
        EXISTS (SELECT FROM rated) AS "isRated",
        (
          SELECT min(GREATEST(
            CASE WHEN h.tokens < 1 THEN 1 - h.tokens ELSE 1 END * h.period_ms / h.rate_limit,
            LEAST(h.period_ms, ${leastMs}::DOUBLE PRECISION)
          ))
          FROM rated AS h
          WHERE (h.max_running IS NULL OR h.max_running > (
            SELECT count(*) FROM tasks.leases AS x WHERE x.task_type = h.task_type
          )) AND EXISTS (
            SELECT FROM unnest(enum_range(NULL::public.task_priority_type)) AS p (priority)
            CROSS JOIN (VALUES (${request.agentId}::UUID), ('00000000-0000-0000-0000-000000000000')) AS a (agent_id)
            CROSS JOIN LATERAL (
              SELECT FROM tasks.ready AS r
              WHERE r.task_type = h.task_type AND r.assigned_agent_id = a.agent_id AND r.priority = p.priority
                AND r.run_at <= clock_timestamp() AND (r.expires_at IS NULL OR r.expires_at > clock_timestamp())
              LIMIT 1
            ) AS n
          )
        ) AS "inMs"
    `,
    options,
  );
}
