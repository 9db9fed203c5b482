import { type Queryable, sql } from "@mister-smith/client";
import { type MonitoringQueryPlansRow, monitoringQueryPlansRow } from "@mister-smith/schema";
import { z } from "zod";
import { type PlannedStatement, plannedStatement } from "./planned-statement.ts";

const listed = monitoringQueryPlansRow.omit({ plan_json: true }).extend({
  /** How many plans of the statement there are on record from the same source, this one included. */
  plans: z.int(),
});

/** A plan on record, without its tree. */
export type ListedPlan = z.output<typeof listed>;

/** Which plans are listed. */
export interface PlanFilter {
  /** Those of one statement alone: its queryid in pg_stat_statements. */
  readonly queryId?: string | undefined;
  /** Only those of statements whose plan changed. */
  readonly changed?: boolean | undefined;
  readonly limit: number;
}

/** Plans on record, that first which became the plan of its statement last. */
export async function listPlans(
  on: Queryable,
  { queryId, changed = false, limit }: PlanFilter,
): Promise<readonly ListedPlan[]> {
  return await on.any(sql.type(listed)`
    SELECT l.* FROM (
      SELECT
        p.plan_id, p.query_hash, p.query_text, p.execution_stats, p.captured_at, p.mean_exec_time_ms, p.calls,
        p.total_exec_time_ms, p.plan_shape, p.plan_source, p.planned_text, p.chosen_at, p.seen_at,
        pg_catalog.count(*) OVER (PARTITION BY p.query_hash, p.plan_source)::INTEGER AS plans
      FROM monitoring.query_plans AS p
      WHERE ${sql.and([queryId !== undefined && sql.fragment`p.query_hash = ${queryId}`])}
    ) AS l
    WHERE ${sql.and([changed && sql.fragment`l.plans > 1`])}
    ORDER BY l.chosen_at DESC, l.plan_id
    LIMIT ${limit}`);
}

/** A plan on record with its tree; null for the tree of one that is none. */
export interface RecordedPlan {
  readonly row: MonitoringQueryPlansRow;
  readonly plan: PlannedStatement | null;
}

/** One plan on record; null where there is none of that id. */
export async function readPlan(on: Queryable, planId: string): Promise<RecordedPlan | null> {
  return recorded(
    await on.maybeOne(sql.type(monitoringQueryPlansRow)`
      SELECT p.* FROM monitoring.query_plans AS p WHERE p.plan_id = ${planId}`),
  );
}

/** The plan that a statement had before a plan of it; null where none on record was before it. */
export async function readPlanBefore(
  on: Queryable,
  { query_hash: queryId, plan_source: source, plan_id: planId }: MonitoringQueryPlansRow,
): Promise<RecordedPlan | null> {
  return recorded(
    await on.maybeOne(sql.type(monitoringQueryPlansRow)`
      SELECT p.* FROM monitoring.query_plans AS p
      WHERE p.query_hash = ${queryId} AND p.plan_source = ${source}
        AND p.chosen_at < (SELECT l.chosen_at FROM monitoring.query_plans AS l WHERE l.plan_id = ${planId})
      ORDER BY p.chosen_at DESC LIMIT 1`),
  );
}

function recorded(row: MonitoringQueryPlansRow | null): RecordedPlan | null {
  if (row === null) return null;
  const plan = plannedStatement.safeParse(row.plan_json);
  return { row, plan: plan.success ? plan.data : null };
}
