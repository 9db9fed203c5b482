import { type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";
import type { PartValue } from "../scopes/part-values.ts";

const part = sql.type(
  z.object({ database: z.string(), role: z.string(), value: z.number() }) satisfies z.ZodType<PartValue>,
);
const visible = sql.type(z.object({ visible: z.boolean() }));

/** The age of the oldest open transaction of each role in each database, in minutes; null where others' are not visible. */
export async function oldestTransactions(
  on: Queryable,
  timeoutMs: number,
): Promise<readonly PartValue[] | null> {
  const seesAll = visible`SELECT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') AS visible`;
  if (!(await on.oneFirst(seesAll, { timeoutMs }))) return null;
  return await on.any(
    part`
      SELECT
        COALESCE(a.datname, '')::TEXT AS database, COALESCE(a.usename, '')::TEXT AS role,
        (EXTRACT(epoch FROM pg_catalog.max(pg_catalog.clock_timestamp() - a.xact_start)) / 60)::FLOAT8 AS value
      FROM pg_catalog.pg_stat_activity AS a
      WHERE a.backend_type = 'client backend' AND a.pid <> pg_catalog.pg_backend_pid() AND a.xact_start IS NOT NULL
      GROUP BY 1, 2
      ORDER BY 3 DESC
      LIMIT 10000`,
    { timeoutMs },
  );
}
