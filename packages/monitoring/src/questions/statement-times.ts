import { type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";
import { serverFacts } from "../collect/server-facts.ts";

const time = z.object({
  database: z.string(),
  role: z.string(),
  queryId: z.string(),
  calls: z.number(),
  totalMs: z.number(),
});

/** How often a statement was executed by a role in a database since its statistics began, and how long that took in all. */
export type StatementTime = z.output<typeof time>;

/** So many statements are looked at, those first that took the most time; pg_stat_statements holds 5,000 unless it is told otherwise. */
export const mostTimes = 10_000;

/** The times of statements, of each role in each database; null where they are not recorded. */
export async function statementTimes(
  on: Queryable,
  timeoutMs: number,
): Promise<readonly StatementTime[] | null> {
  const { statementsSchema } = await serverFacts(on, timeoutMs);
  if (statementsSchema === null) return null;
  return await on.any(
    sql.type(time)`
      SELECT
        d.datname::TEXT AS database, r.rolname::TEXT AS role, s.queryid::TEXT AS "queryId",
        pg_catalog.sum(s.calls)::FLOAT8 AS calls, pg_catalog.sum(s.total_exec_time)::FLOAT8 AS "totalMs"
      FROM ${sql.identifier([statementsSchema, "pg_stat_statements"])} AS s
      JOIN pg_catalog.pg_database AS d ON d.oid = s.dbid
      JOIN pg_catalog.pg_roles AS r ON r.oid = s.userid
      WHERE s.queryid IS NOT NULL
      GROUP BY 1, 2, 3
      ORDER BY 5 DESC
      LIMIT ${mostTimes}`,
    { timeoutMs },
  );
}
