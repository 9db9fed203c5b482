import { type Queryable, type QueryOptions, sql } from "@mister-smith/client";
import { z } from "zod";
import { serverFacts } from "../collect/server-facts.ts";
import type { RecordedSince } from "./counted-changes.ts";

const statement = z.object({
  queryId: z.string(),
  text: z.string().nullable(),
  calls: z.number(),
  totalMs: z.number(),
  rows: z.number(),
});

/** A statement as it is on record; without a text where the role may not see it, or the server has lost it. */
export type RecordedStatement = z.output<typeof statement>;

/** What is on record of the statements of a database. */
export interface RecordedWorkload {
  /** Those that took the most time, these first. */
  readonly statements: readonly RecordedStatement[];
  /** How many are on record in all. */
  readonly known: number;
  /** How long all that are on record took, in milliseconds. */
  readonly totalMs: number;
  /** Since when they are on record, and what the statistics of tables count. */
  readonly since: RecordedSince;
}

/** The statements that took the most time, as pg_stat_statements has them; null where they are not recorded. */
export async function readWorkload(
  on: Queryable,
  limit: number,
  options: QueryOptions & { readonly timeoutMs: number },
): Promise<RecordedWorkload | null> {
  const { statementsSchema } = await serverFacts(on, options.timeoutMs);
  if (statementsSchema === null) return null;
  const recorded = sql.identifier([statementsSchema, "pg_stat_statements"]);
  const mine = sql.fragment`
    s.dbid = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())`;
  const rows = await on.any(
    sql.type(statement)`
      SELECT
        s.queryid::TEXT AS "queryId", pg_catalog.min(s.query) AS text, pg_catalog.sum(s.calls)::FLOAT8 AS calls,
        pg_catalog.sum(s.total_exec_time) AS "totalMs", pg_catalog.sum(s.rows)::FLOAT8 AS rows
      FROM ${recorded} AS s
      WHERE ${mine} AND s.queryid IS NOT NULL
      -- Of each role and each place there is one.
      GROUP BY s.queryid
      ORDER BY "totalMs" DESC, s.queryid
      LIMIT ${limit}`,
    options,
  );
  const { known, totalMs } = await on.one(
    sql.type(z.object({ known: z.int(), totalMs: z.number() }))`
      SELECT
        pg_catalog.count(DISTINCT s.queryid)::INTEGER AS known,
        COALESCE(pg_catalog.sum(s.total_exec_time), 0) AS "totalMs"
      FROM ${recorded} AS s
      WHERE ${mine} AND s.queryid IS NOT NULL`,
    options,
  );
  const since = await on.one(
    sql.type(z.object({ statements: z.number(), counters: z.number() }))`
      SELECT
        EXTRACT(epoch FROM i.stats_reset)::FLOAT8 AS statements,
        EXTRACT(epoch FROM COALESCE(
          d.stats_reset,
          -- The identifier of a cluster begins with the second in which it was made.
          pg_catalog.to_timestamp(c.system_identifier >> 32)
        ))::FLOAT8 AS counters
      FROM pg_catalog.pg_stat_database AS d
      CROSS JOIN pg_catalog.pg_control_system() AS c
      CROSS JOIN ${sql.identifier([statementsSchema, "pg_stat_statements_info"])} AS i
      WHERE d.datname = pg_catalog.current_database()`,
    options,
  );
  return {
    statements: rows,
    known,
    totalMs,
    since,
  };
}
