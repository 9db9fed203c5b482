import { type Database, type Queryable, sql } from "@mister-smith/client";
import { type MonitoringQueryPlansRow, monitoringQueryPlansRow } from "@mister-smith/schema";
import { z } from "zod";
import { planShape } from "./plan-shape.ts";
import { type PlannedStatement, plannedStatement } from "./planned-statement.ts";

/** A plan to be kept. */
export interface NewPlan {
  /** The statement: its queryid in pg_stat_statements. */
  readonly queryId: string;
  readonly text: string;
  /** What was planned, where that is not the text. */
  readonly plannedText: string | null;
  readonly plan: PlannedStatement;
  readonly source: MonitoringQueryPlansRow["plan_source"];
  readonly meanMs: number | null;
  readonly calls: number | null;
  readonly totalMs: number | null;
  /** What else is known, as an object of numbers and texts. */
  readonly stats: Readonly<Record<string, number | string | null>>;
}

/** What became of a plan: it is the first of its statement, another one than before, or the same as before. */
export interface KeptPlan {
  readonly outcome: "first" | "changed" | "same";
  readonly planId: string;
  /** The plan that it was before; null unless it changed. */
  readonly previousId: string | null;
}

const noRow = sql.type(z.object({}));
const latest = sql.type(monitoringQueryPlansRow.pick({ plan_id: true, plan_shape: true, plan_json: true }));
const id = sql.type(monitoringQueryPlansRow.pick({ plan_id: true }));

/**
 * Keeps a plan where its statement has none yet, or has another one: in a row of its own. Of one that is as it was, the row
 * tells that it was seen again. Two who do this at once do it one after the other.
 *
 * @throws ClientError or DatabaseError when it cannot be kept
 */
export async function keepPlan(database: Pick<Database, "transaction">, plan: NewPlan): Promise<KeptPlan> {
  return await database.transaction(async (tx) => await keep(tx, plan), { isolation: "read committed" });
}

async function keep(on: Queryable, plan: NewPlan): Promise<KeptPlan> {
  const { queryId, source } = plan;
  await on.query(
    noRow`SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('monitoring.query_plans ' || ${queryId}, 0))`,
  );
  const before = await on.maybeOne(latest`
    SELECT p.plan_id, p.plan_shape, p.plan_json FROM monitoring.query_plans AS p
    WHERE p.query_hash = ${queryId} AND p.plan_source = ${source} ORDER BY p.captured_at DESC LIMIT 1`);
  const shape = planShape(plan.plan);
  if (before !== null && shapeOf(before) === shape) {
    await on.query(noRow`
      UPDATE monitoring.query_plans AS p SET
        seen_at = pg_catalog.clock_timestamp(), mean_exec_time_ms = ${plan.meanMs}::NUMERIC,
        calls = ${plan.calls}::BIGINT, total_exec_time_ms = ${plan.totalMs}::NUMERIC,
        execution_stats = ${sql.jsonb(plan.stats)}
      WHERE p.plan_id = ${before.plan_id}`);
    return { outcome: "same", planId: before.plan_id, previousId: null };
  }
  const { plan_id: planId } = await on.one(id`
    INSERT INTO monitoring.query_plans (
      query_hash, query_text, planned_text, plan_json, plan_shape, plan_source, mean_exec_time_ms, calls,
      total_exec_time_ms, execution_stats, captured_at, seen_at
    )
    SELECT
      ${queryId}, ${plan.text}, ${plan.plannedText}, ${sql.jsonb(plan.plan)}, ${shape}, ${source}, ${plan.meanMs}::NUMERIC,
      ${plan.calls}::BIGINT, ${plan.totalMs}::NUMERIC, ${sql.jsonb(plan.stats)}, t.now, t.now
    FROM pg_catalog.clock_timestamp() AS t (now)
    RETURNING plan_id`);
  return {
    outcome: before === null ? "first" : "changed",
    planId,
    previousId: before === null ? null : before.plan_id,
  };
}

/** One that was captured by hand has no shape on record. */
function shapeOf({
  plan_shape: shape,
  plan_json: json,
}: Pick<MonitoringQueryPlansRow, "plan_shape" | "plan_json">): string | null {
  if (shape !== null) return shape;
  const plan = plannedStatement.safeParse(json);
  return plan.success ? planShape(plan.data) : null;
}

/** Removes plans that were last seen longer ago than given, in milliseconds; returns how many. */
export async function dropOldPlans(on: Queryable, keepMs: number): Promise<number> {
  const { rowCount } = await on.query(
    noRow`
      DELETE FROM monitoring.query_plans AS p
      WHERE p.seen_at < pg_catalog.clock_timestamp() - ${keepMs}::FLOAT8 * INTERVAL '1 millisecond'`,
    { idempotent: true },
  );
  return rowCount;
}
