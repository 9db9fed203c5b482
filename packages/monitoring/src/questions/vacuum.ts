import { type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";
import { serverFacts } from "../collect/server-facts.ts";
import { autovacuumIsOff, autovacuumOptions, autovacuumTrigger } from "./autovacuum-trigger.ts";

const vacuumed = z.object({
  schema: z.string(),
  table: z.string(),
  deadRows: z.number(),
  liveRows: z.number(),
  /** With more dead rows than that, autovacuum comes. */
  triggerRows: z.number(),
  isOff: z.boolean(),
  /** Whether somebody vacuums it now. */
  isRunning: z.boolean(),
  /** When it was last vacuumed, by whomever, in milliseconds since 1970; null for never since the statistics began. */
  vacuumedAtMs: z.number().nullable(),
  analyzedAtMs: z.number().nullable(),
  /** Numbers of transactions used since its oldest row was frozen. */
  freezeAge: z.number(),
});

/** A table's dead rows against the point at which autovacuum comes. */
export type VacuumState = z.output<typeof vacuumed>;

/** The tables that are nearest to that point, or past it, at most so many. */
export async function vacuumStates(
  on: Queryable,
  { limit, timeoutMs }: { readonly limit: number; readonly timeoutMs: number },
): Promise<readonly VacuumState[]> {
  const { version } = await serverFacts(on, timeoutMs);
  return await on.any(
    sql.type(vacuumed)`
      SELECT
        v.schema, v.table, v.dead AS "deadRows", v.live AS "liveRows", v.trigger AS "triggerRows", v.is_off AS "isOff",
        v.is_running AS "isRunning", v.vacuumed_at AS "vacuumedAtMs", v.analyzed_at AS "analyzedAtMs",
        v.freeze_age AS "freezeAge"
      FROM (
        SELECT
          s.schemaname::TEXT AS schema, s.relname::TEXT AS table, s.n_dead_tup::FLOAT8 AS dead, s.n_live_tup::FLOAT8 AS live,
          ${autovacuumTrigger(version)} AS trigger, ${autovacuumIsOff} AS is_off,
          EXISTS (SELECT FROM pg_catalog.pg_stat_progress_vacuum AS p WHERE p.relid = s.relid) AS is_running,
          (EXTRACT(epoch FROM GREATEST(s.last_vacuum, s.last_autovacuum)) * 1000)::FLOAT8 AS vacuumed_at,
          (EXTRACT(epoch FROM GREATEST(s.last_analyze, s.last_autoanalyze)) * 1000)::FLOAT8 AS analyzed_at,
          pg_catalog.age(c.relfrozenxid)::FLOAT8 AS freeze_age
        FROM pg_catalog.pg_stat_user_tables AS s
        JOIN pg_catalog.pg_class AS c ON c.oid = s.relid${autovacuumOptions}
        WHERE c.relkind <> 'p'
      ) AS v
      ORDER BY v.dead / GREATEST(v.trigger, 1) DESC, v.dead DESC, v.schema, v.table
      LIMIT ${limit}`,
    { timeoutMs },
  );
}
