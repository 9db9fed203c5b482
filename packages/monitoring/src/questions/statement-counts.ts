import { type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";
import { serverFacts } from "../collect/server-facts.ts";

const counts = z.object({
  queryId: z.string(),
  calls: z.number(),
  totalMs: z.number(),
  rows: z.number(),
  hit: z.number(),
  read: z.number(),
});

/** What pg_stat_statements has counted of a statement since its statistics began; whoever executed it. */
export type StatementCounts = z.output<typeof counts>;

/** What was counted of all statements of a database at one moment. */
export interface CountedStatements {
  readonly at: Date;
  readonly serverStartedAt: Date;
  /** When all was last reset; null where the server cannot tell. */
  readonly resetAt: Date | null;
  /** How often the server has forgotten statements for lack of room; null where it cannot tell. */
  readonly forgotten: number | null;
  readonly byQueryId: ReadonlyMap<string, StatementCounts>;
}

/** pg_stat_statements holds 5,000 unless it is told otherwise. */
const mostStatements = 100_000;

const moment = sql.type(
  z.object({
    at: z.date(),
    serverStartedAt: z.date(),
    hasInfo: z.boolean(),
  }),
);
const info = sql.type(z.object({ resetAt: z.date().nullable(), forgotten: z.number() }));

/** Counts all statements of this database, without their texts; null where they are not recorded. */
export async function countStatements(on: Queryable, timeoutMs: number): Promise<CountedStatements | null> {
  const { statementsSchema: schema } = await serverFacts(on, timeoutMs);
  if (schema === null) return null;
  const { at, serverStartedAt, hasInfo } = await on.one(
    moment`
      SELECT
        pg_catalog.clock_timestamp() AS "at", pg_catalog.pg_postmaster_start_time() AS "serverStartedAt",
        EXISTS (
          SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
          WHERE n.nspname = ${schema} AND c.relname = 'pg_stat_statements_info'
        ) AS "hasInfo"`,
    { timeoutMs },
  );
  const told = hasInfo
    ? await on.one(
        info`
          SELECT i.stats_reset AS "resetAt", i.dealloc::FLOAT8 AS "forgotten"
          FROM ${sql.identifier([schema, "pg_stat_statements_info"])} AS i`,
        { timeoutMs },
      )
    : { resetAt: null, forgotten: null };
  const rows = await on.any(
    sql.type(counts)`
      SELECT
        s.queryid::TEXT AS "queryId", pg_catalog.sum(s.calls)::FLOAT8 AS "calls",
        pg_catalog.sum(s.total_exec_time) AS "totalMs", pg_catalog.sum(s.rows)::FLOAT8 AS "rows",
        pg_catalog.sum(s.shared_blks_hit)::FLOAT8 AS "hit", pg_catalog.sum(s.shared_blks_read)::FLOAT8 AS "read"
      FROM ${sql.identifier([schema, "pg_stat_statements"])}(FALSE) AS s
      WHERE s.queryid IS NOT NULL
        AND s.dbid = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
      GROUP BY s.queryid
      ORDER BY 3 DESC
      LIMIT ${mostStatements}`,
    { timeoutMs },
  );
  return { at, serverStartedAt, ...told, byQueryId: new Map(rows.map((row) => [row.queryId, row])) };
}

const texts = sql.type(z.object({ queryId: z.string(), text: z.string() }));

/** The texts of statements by their ids, of those that are still on record and that the role may see. */
export async function statementTexts(
  on: Queryable,
  queryIds: readonly string[],
  timeoutMs: number,
): Promise<ReadonlyMap<string, string>> {
  const { statementsSchema: schema } = await serverFacts(on, timeoutMs);
  if (schema === null || queryIds.length === 0) return new Map();
  const rows = await on.any(
    texts`
      SELECT s.queryid::TEXT AS "queryId", pg_catalog.min(s.query) AS "text"
      FROM ${sql.identifier([schema, "pg_stat_statements"])} AS s
      WHERE s.queryid = ANY (${sql.array([...queryIds], "int8")})
        AND s.dbid = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
        AND s.query IS NOT NULL
      GROUP BY s.queryid`,
    { timeoutMs },
  );
  return new Map(rows.map(({ queryId, text }) => [queryId, text]));
}
