import { type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";

/** A plan that is longer is not shown, in characters. */
const longestPlan = 1_000_000;
const shownText = 4_000;

const planRow = z.object({
  id: z.string(),
  queryId: z.string(),
  text: z.string(),
  capturedAt: z.date(),
  meanMs: z.number().nullable(),
  calls: z.number().nullable(),
  cost: z.number().nullable(),
  /** How often the statement was captured. */
  captures: z.int(),
});

/** The plan that each statement has now of which there is one, those that took the most time first. */
export async function selectLatestPlans(on: Queryable, limit: number) {
  return await on.any(sql.type(planRow)`
    SELECT
      p.plan_id::TEXT AS id, p.query_hash AS "queryId", pg_catalog.left(p.query_text, ${shownText}) AS text,
      p.captured_at AS "capturedAt", p.mean_exec_time_ms::FLOAT8 AS "meanMs", p.calls::FLOAT8 AS calls,
      CASE WHEN pg_catalog.jsonb_typeof(p.plan_json #> '{0,Plan,Total Cost}') = 'number'
        THEN (p.plan_json #>> '{0,Plan,Total Cost}')::FLOAT8 END AS cost,
      p.captures
    FROM (
      SELECT DISTINCT ON (q.query_hash)
        q.*, (pg_catalog.count(*) OVER (PARTITION BY q.query_hash))::INTEGER AS captures
      FROM monitoring.query_plans AS q
      -- A statement may have gone back to a plan that was captured before another one.
      ORDER BY q.query_hash, q.chosen_at DESC, q.plan_id
    ) AS p
    ORDER BY p.mean_exec_time_ms DESC NULLS LAST, p.captured_at DESC
    LIMIT ${limit}`);
}

const wholePlanRow = z.object({
  id: z.string(),
  capturedAt: z.date(),
  /** Null for one that is too long to be shown. */
  plan: z.json().nullable(),
});

/** One plan; null where there is none of that id. */
export async function selectPlan(on: Queryable, id: string) {
  return await on.maybeOne(sql.type(wholePlanRow)`
    SELECT
      p.plan_id::TEXT AS id, p.captured_at AS "capturedAt",
      CASE WHEN pg_catalog.length(p.plan_json::TEXT) <= ${longestPlan} THEN p.plan_json END AS plan
    FROM monitoring.query_plans AS p
    WHERE p.plan_id = ${id}::UUID`);
}
