import { type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";
import { serverFacts } from "../collect/server-facts.ts";

const statement = z.object({
  queryId: z.string(),
  text: z.string(),
  calls: z.number(),
  totalMs: z.number(),
  meanMs: z.number(),
  rows: z.number(),
  /** Of the blocks it needed, how many were in the server's own cache, from 0 to 1; null where it needed none. */
  hitRatio: z.number().nullable(),
});

/** A statement of this database as pg_stat_statements knows it, since its statistics began. */
export type SlowStatement = z.output<typeof statement>;

/** Which statements come first. */
export interface SlowestBy {
  /** Those that took the most time in all, or on average. */
  readonly by: "total" | "mean";
  readonly limit: number;
  readonly timeoutMs: number;
}

/** The slowest statements of this database; null where they are not recorded. */
export async function slowStatements(
  on: Queryable,
  { by, limit, timeoutMs }: SlowestBy,
): Promise<readonly SlowStatement[] | null> {
  const { statementsSchema } = await serverFacts(on, timeoutMs);
  if (statementsSchema === null) return null;
  return await on.any(
    sql.type(statement)`
      SELECT
        s.queryid::TEXT AS "queryId", s.query AS "text", s.calls::FLOAT8 AS "calls", s.total_exec_time AS "totalMs",
        s.mean_exec_time AS "meanMs", s.rows::FLOAT8 AS "rows",
        s.shared_blks_hit::FLOAT8 / NULLIF(s.shared_blks_hit + s.shared_blks_read, 0) AS "hitRatio"
      FROM ${sql.identifier([statementsSchema, "pg_stat_statements"])} AS s
      WHERE s.queryid IS NOT NULL
        AND s.dbid = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
      ORDER BY ${by === "mean" ? sql.fragment`s.mean_exec_time` : sql.fragment`s.total_exec_time`} DESC, s.queryid
      LIMIT ${limit}`,
    { timeoutMs },
  );
}
