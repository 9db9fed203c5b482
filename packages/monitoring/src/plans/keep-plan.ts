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

/** What became of a plan: it is the first of its statement, another one than last, or the same as last. */
export interface KeptPlan {
  readonly outcome: "first" | "changed" | "same";
  readonly planId: string;
  /** The plan that the statement had last; null unless it changed. */
  readonly previousId: string | null;
}

const noRow = sql.type(z.object({}));
const known = sql.type(monitoringQueryPlansRow.pick({ plan_id: true, plan_shape: true, plan_json: true }));
const id = sql.type(monitoringQueryPlansRow.pick({ plan_id: true }));

/** A statement that is planned in more ways than this has the others on record still, and is compared with these. */
const mostKnown = 50;

/**
 * Keeps a plan in a row of its own where its statement was never planned so before; else the row tells that it was seen
 * again, and since when it is the plan of its statement. Two who do this at once do it one after the other.
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
  const before = await on.any(known`
    SELECT p.plan_id, p.plan_shape, p.plan_json FROM monitoring.query_plans AS p
    WHERE p.query_hash = ${queryId} AND p.plan_source = ${source}
    ORDER BY p.chosen_at DESC, p.captured_at DESC LIMIT ${mostKnown}`);
  const shape = planShape(plan.plan);
  const [last] = before;
  const alike = before.find((row) => shapeOf(row) === shape);
  const isSame = last !== undefined && alike === last;
  const planId = alike === undefined ? await insert(on, plan, shape) : alike.plan_id;
  if (alike !== undefined) await seeAgain(on, plan, planId, isSame);
  if (last === undefined) return { outcome: "first", planId, previousId: null };
  return isSame
    ? { outcome: "same", planId, previousId: null }
    : { outcome: "changed", planId, previousId: last.plan_id };
}

async function seeAgain(on: Queryable, plan: NewPlan, planId: string, isSame: boolean): Promise<void> {
  await on.query(noRow`
    UPDATE monitoring.query_plans AS p SET
      seen_at = pg_catalog.clock_timestamp(),
      chosen_at = CASE WHEN ${isSame} THEN p.chosen_at ELSE pg_catalog.clock_timestamp() END,
      mean_exec_time_ms = ${plan.meanMs}::NUMERIC, calls = ${plan.calls}::BIGINT,
      total_exec_time_ms = ${plan.totalMs}::NUMERIC, execution_stats = ${sql.jsonb(plan.stats)}
    WHERE p.plan_id = ${planId}`);
}

async function insert(on: Queryable, plan: NewPlan, shape: string): Promise<string> {
  const { plan_id: planId } = await on.one(id`
    INSERT INTO monitoring.query_plans (
      query_hash, query_text, planned_text, plan_json, plan_shape, plan_source, mean_exec_time_ms, calls,
      total_exec_time_ms, execution_stats, captured_at, chosen_at, seen_at
    )
    SELECT
      ${plan.queryId}, ${plan.text}, ${plan.plannedText}, ${sql.jsonb(plan.plan)}, ${shape}, ${plan.source},
      ${plan.meanMs}::NUMERIC, ${plan.calls}::BIGINT, ${plan.totalMs}::NUMERIC, ${sql.jsonb(plan.stats)}, t.now, t.now, t.now
    FROM pg_catalog.clock_timestamp() AS t (now)
    RETURNING plan_id`);
  return planId;
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
