import { type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";
import { autovacuumIsOff, autovacuumOptions, autovacuumTrigger } from "../questions/autovacuum-trigger.ts";
import type { TableChurn } from "./table-churn.ts";

const counted = z.object({
  schema: z.string(),
  table: z.string(),
  rows: z.number(),
  bytes: z.number(),
  deadRows: z.number(),
  inserted: z.number(),
  updated: z.number(),
  movedForRoom: z.number().nullable(),
  deleted: z.number(),
  deadRowsTrigger: z.number(),
  insertedTrigger: z.number(),
  vacuums: z.number(),
  isAutovacuumOn: z.boolean(),
  fillfactor: z.number(),
  parameters: z.record(z.string(), z.string()),
});

/** The counters of tables at a moment. */
export interface ChurnCounters {
  readonly at: Date;
  /** Since when the server counts: since its statistics were last reset, or the cluster was made. */
  readonly since: Date;
  readonly tables: readonly z.output<typeof counted>[];
}

/**
 * Reads the counters of the tables of this database that have changed, those with the most changes first, at most so many.
 *
 * @throws ClientError or DatabaseError when they cannot be read
 */
export async function readChurn(
  on: Queryable,
  {
    limit,
    timeoutMs,
    table = null,
  }: { readonly limit: number; readonly timeoutMs: number; readonly table?: string | null },
): Promise<ChurnCounters> {
  const options = { timeoutMs };
  const { version, at, since } = await on.one(selectSince, options);
  return { at, since, tables: await on.any(selectCounters(version, limit, table), options) };
}

/** How much changed between two looks; without an earlier one, since the server counts. */
export function churnBetween(before: ChurnCounters | null, now: ChurnCounters): readonly TableChurn[] {
  const from = before?.at ?? now.since;
  const overMs = Math.max(1, now.at.getTime() - from.getTime());
  return now.tables.map((table) => {
    const earlier = before?.tables.find((one) => one.schema === table.schema && one.table === table.table);
    // Statistics that were reset in between begin at 0 again.
    const grown = (value: number, was: number | null | undefined) =>
      value >= (was ?? 0) ? value - (was ?? 0) : value;
    return {
      ...table,
      overMs,
      inserted: grown(table.inserted, earlier?.inserted),
      updated: grown(table.updated, earlier?.updated),
      deleted: grown(table.deleted, earlier?.deleted),
      movedForRoom: table.movedForRoom === null ? null : grown(table.movedForRoom, earlier?.movedForRoom),
    };
  });
}

const selectSince = sql.type(z.object({ version: z.int(), at: z.date(), since: z.date() }))`
  SELECT
    pg_catalog.current_setting('server_version_num')::INTEGER AS version,
    pg_catalog.clock_timestamp() AS at,
    COALESCE(
      d.stats_reset,
      -- Counted from the beginning: the identifier of a cluster begins with the second in which it was made.
      pg_catalog.to_timestamp(c.system_identifier >> 32)
    ) AS since
  FROM pg_catalog.pg_stat_database AS d
  CROSS JOIN pg_catalog.pg_control_system() AS c
  WHERE d.datname = pg_catalog.current_database()`;

function selectCounters(version: number, limit: number, table: string | null) {
  return sql.type(counted)`
    SELECT
      n.nspname::TEXT AS "schema", c.relname::TEXT AS "table", ${rowsNow} AS "rows",
      pg_catalog.pg_relation_size(c.oid)::FLOAT8 AS "bytes", s.n_dead_tup::FLOAT8 AS "deadRows",
      s.n_tup_ins::FLOAT8 AS "inserted", s.n_tup_upd::FLOAT8 AS "updated", s.n_tup_del::FLOAT8 AS "deleted",
      ${version >= 160_000 ? sql.fragment`s.n_tup_newpage_upd::FLOAT8` : sql.fragment`NULL::FLOAT8`} AS "movedForRoom",
      ${autovacuumTrigger(version)} AS "deadRowsTrigger",
      ${option("autovacuum_vacuum_insert_threshold")}::FLOAT8
        + ${option("autovacuum_vacuum_insert_scale_factor")}::FLOAT8 * GREATEST(c.reltuples, 0) AS "insertedTrigger",
      (s.vacuum_count + s.autovacuum_count)::FLOAT8 AS "vacuums",
      NOT ${autovacuumIsOff} AS "isAutovacuumOn",
      COALESCE(g.given ->> 'fillfactor', '100')::FLOAT8 AS "fillfactor",
      g.given AS "parameters"
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_stat_user_tables AS s ON s.relid = c.oid${autovacuumOptions}
    CROSS JOIN LATERAL (
      SELECT COALESCE(pg_catalog.jsonb_object_agg(x.option_name, x.option_value), '{}') AS given
      FROM pg_catalog.pg_options_to_table(c.reloptions) AS x
    ) AS g
    WHERE c.relkind IN ('r', 'm')
      AND CASE
        WHEN ${table}::TEXT IS NULL THEN s.n_tup_ins + s.n_tup_upd + s.n_tup_del > 0
        ELSE ${table}::TEXT IN (n.nspname || '.' || c.relname, c.oid::REGCLASS::TEXT)
      END
    ORDER BY s.n_tup_upd + s.n_tup_del DESC, s.n_tup_ins DESC, n.nspname, c.relname
    LIMIT ${limit}`;
}

// As the planner does: as many rows a page as when it was last looked at. Before that, what the counters say.
const rowsNow = sql.fragment`CASE
  WHEN c.relpages > 0 THEN
    c.reltuples::FLOAT8 / c.relpages
      * (pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::INTEGER)
  ELSE s.n_live_tup::FLOAT8
END`;

function option(name: string) {
  return sql.fragment`COALESCE(g.given ->> ${name}, pg_catalog.current_setting(${name}))`;
}
