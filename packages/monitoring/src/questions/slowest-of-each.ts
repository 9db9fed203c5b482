import { type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";
import { serverFacts } from "../collect/server-facts.ts";
import type { PartValue } from "../scopes/part-values.ts";

const part = sql.type(
  z.object({ database: z.string(), role: z.string(), value: z.number() }) satisfies z.ZodType<PartValue>,
);

/** How long the slowest statement of each role in each database takes on average, in milliseconds; null where it is not recorded. */
export async function slowestOfEach(on: Queryable, timeoutMs: number): Promise<readonly PartValue[] | null> {
  const { statementsSchema } = await serverFacts(on, timeoutMs);
  if (statementsSchema === null) return null;
  return await on.any(
    part`
      SELECT d.datname::TEXT AS database, r.rolname::TEXT AS role, pg_catalog.max(s.mean_exec_time)::FLOAT8 AS value
      FROM ${sql.identifier([statementsSchema, "pg_stat_statements"])} AS s
      JOIN pg_catalog.pg_database AS d ON d.oid = s.dbid
      JOIN pg_catalog.pg_roles AS r ON r.oid = s.userid
      WHERE s.queryid IS NOT NULL
      GROUP BY 1, 2
      ORDER BY 3 DESC
      LIMIT 10000`,
    { timeoutMs },
  );
}
