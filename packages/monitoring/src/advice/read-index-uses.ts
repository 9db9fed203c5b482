import { type Database, type Queryable, sql } from "@mister-smith/client";
import { DatabaseError } from "@mister-smith/errors";
import { z } from "zod";

const key = z.object({
  text: z.string(),
  opclass: z.string(),
  collation: z.string(),
  isDescending: z.boolean(),
  nullsFirst: z.boolean(),
});
const index = z.object({
  oid: z.string(),
  name: z.string(),
  tableOid: z.string(),
  schema: z.string(),
  table: z.string(),
  /** How many tables its table is a part of. */
  depth: z.int(),
  /** The index of a partitioned table that it belongs to; null for one that stands alone. */
  whole: z.string().nullable(),
  method: z.string(),
  keys: z.array(key),
  include: z.array(z.string()),
  predicate: z.string().nullable(),
  isNeeded: z.boolean(),
  isValid: z.boolean(),
  isBuilding: z.boolean(),
  isPartitioned: z.boolean(),
  bytes: z.coerce.number(),
  scans: z.coerce.number(),
});
const lockedTable = z.object({ oid: z.string(), name: z.string() });

/** An index as the server has it, with its own uses. */
export type IndexUse = z.output<typeof index>;

/** What the server knows of its indexes. */
export interface IndexUses {
  readonly indexes: readonly IndexUse[];
  /** Tables that somebody keeps for himself: they are left out rather than waited for. */
  readonly locked: readonly string[];
  /** Whether there are more indexes than are read. */
  readonly isCut: boolean;
  /** Since when uses are counted, or the last index may have been made by a migration; null where that is not known. */
  readonly since: Date | null;
  readonly countedDays: number | null;
  readonly hasReplicas: boolean;
}

const ask = { timeoutMs: 30_000 };
const mostIndexes = 50_000;
const mostTries = 3;
const lockTimeout = "1s";

/**
 * Reads all indexes of users' tables with their uses, those of parts too. Waits for no lock for more than a second.
 *
 * @throws DatabaseError with SQLSTATE 55P03 when tables keep being locked while they are looked at
 */
export async function readIndexUses(database: Pick<Database, "connect">): Promise<IndexUses> {
  return await database.connect(
    async (on) => {
      await on.query(
        sql.type(z.object({}))`SELECT pg_catalog.set_config('lock_timeout', ${lockTimeout}, FALSE)`,
      );
      const facts = await on.one(selectFacts, ask);
      const counting = await readCounting(on);
      for (let tries = 1; ; tries += 1) {
        const locked = await on.any(selectLocked, ask);
        try {
          const rows = await on.any(selectIndexes(locked.map(({ oid }) => oid)), ask);
          return {
            ...facts,
            ...counting,
            indexes: rows.slice(0, mostIndexes),
            isCut: rows.length > mostIndexes,
            locked: locked.map(({ name }) => name),
          };
        } catch (error) {
          // It was locked since: then it is among the locked ones now.
          if (tries < mostTries && error instanceof DatabaseError && error.sqlState === "55P03") continue;
          throw error;
        }
      }
    },
    { timeoutMs: 120_000 },
  );
}

/** The server does not say when an index was made: migrations make them, and theirs is known. */
async function readCounting(on: Queryable): Promise<Pick<IndexUses, "since" | "countedDays">> {
  const isThere = await on.oneFirst(selectIsTracked, ask);
  const installed = isThere
    ? sql.fragment`(SELECT pg_catalog.max(m.installed_on) FROM public.schema_migrations AS m)`
    : sql.fragment`NULL::TIMESTAMPTZ`;
  return await on.one(
    sql.type(z.object({ since: z.coerce.date().nullable(), countedDays: z.number().nullable() }))`
      SELECT
        (EXTRACT(epoch FROM c.since) * 1000)::FLOAT8 AS since,
        (EXTRACT(epoch FROM pg_catalog.clock_timestamp() - c.since) / 86400)::FLOAT8 AS "countedDays"
      FROM (
        SELECT GREATEST(d.stats_reset, ${installed}) AS since
        FROM pg_catalog.pg_stat_database AS d WHERE d.datname = pg_catalog.current_database()
      ) AS c`,
    ask,
  );
}

const selectIsTracked = sql.type(z.object({ isThere: z.boolean() }))`
  SELECT COALESCE(
    pg_catalog.has_column_privilege(pg_catalog.to_regclass('public.schema_migrations'), 'installed_on', 'SELECT'), FALSE
  ) AS "isThere"`;

const selectFacts = sql.type(z.object({ hasReplicas: z.boolean() }))`
  SELECT EXISTS (
    SELECT FROM pg_catalog.pg_replication_slots AS s WHERE s.slot_type = 'physical'
    UNION ALL
    SELECT FROM pg_catalog.pg_stat_replication
  ) AS "hasReplicas"`;

// Those who wait for it count too: whoever comes after them waits behind them.
const selectLocked = sql.type(lockedTable)`
  SELECT DISTINCT c.oid::TEXT AS oid, n.nspname || '.' || c.relname AS name
  FROM pg_catalog.pg_locks AS l
  LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = l.relation
  JOIN pg_catalog.pg_class AS c ON c.oid = COALESCE(i.indrelid, l.relation) AND c.relkind IN ('r', 'p', 'm')
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
    AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
    AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND c.relpersistence <> 't'
  ORDER BY name`;

const selectIndexes = (locked: readonly string[]) => sql.type(index)`
  WITH builder AS MATERIALIZED (
    -- Who may not see what another one builds sees that he does, and the lock for it.
    SELECT l.relation
    FROM pg_catalog.pg_stat_progress_create_index AS p
    JOIN pg_catalog.pg_locks AS l ON l.pid = p.pid AND l.locktype = 'relation' AND l.database = p.datid
    WHERE l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock')
  ),
  chosen AS MATERIALIZED (
    SELECT i.*, t.relname AS table_name, n.nspname, t.relkind, x.relname AS index_name, x.relispartition AS is_part, m.amname
    FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
    JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
    JOIN pg_catalog.pg_am AS m ON m.oid = x.relam
    WHERE t.relkind IN ('r', 'p', 'm') AND t.relpersistence <> 't' AND i.indislive
      AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%'
      AND t.oid::TEXT <> ALL (${sql.array([...locked], "text")})
    ORDER BY n.nspname, t.relname, x.relname
    LIMIT ${mostIndexes + 1}
  )
  SELECT
    c.indexrelid::TEXT AS oid, c.index_name AS name, c.indrelid::TEXT AS "tableOid", c.nspname AS schema,
    c.table_name AS "table", (SELECT pg_catalog.count(*)::INTEGER FROM pg_catalog.pg_partition_ancestors(c.indrelid)) AS depth,
    CASE WHEN c.is_part THEN pg_catalog.pg_partition_root(c.indexrelid)::OID::TEXT END AS whole, c.amname AS method,
    (
      SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
        'text', pg_catalog.pg_get_indexdef(c.indexrelid, k.place, TRUE), 'opclass', c.indclass[k.place - 1]::TEXT,
        'collation', c.indcollation[k.place - 1]::TEXT, 'isDescending', (c.indoption[k.place - 1] & 1) <> 0,
        'nullsFirst', (c.indoption[k.place - 1] & 2) <> 0
      ) ORDER BY k.place)
      FROM pg_catalog.generate_series(1, c.indnkeyatts::INTEGER) AS k (place)
    ) AS keys,
    (
      SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.pg_get_indexdef(c.indexrelid, k.place, TRUE) ORDER BY k.place), '[]')
      FROM pg_catalog.generate_series(c.indnkeyatts::INTEGER + 1, c.indnatts::INTEGER) AS k (place)
    ) AS include,
    pg_catalog.pg_get_expr(c.indpred, c.indrelid, TRUE) AS predicate,
    (c.indisvalid AND (c.indisunique OR c.indisreplident OR c.indisclustered)) OR c.indisprimary OR c.indisexclusion
      OR EXISTS (SELECT FROM pg_catalog.pg_constraint AS k WHERE k.conindid = c.indexrelid) AS "isNeeded",
    c.indisvalid AND c.indisready AS "isValid",
    EXISTS (
      SELECT FROM builder AS b
      WHERE b.relation = c.indrelid
        OR b.relation IN (SELECT h.inhrelid FROM pg_catalog.pg_inherits AS h WHERE h.inhparent = c.indrelid)
    ) AS "isBuilding",
    c.relkind = 'p' AS "isPartitioned",
    COALESCE(pg_catalog.pg_relation_size(c.indexrelid), 0)::TEXT AS bytes,
    COALESCE(pg_catalog.pg_stat_get_numscans(c.indexrelid), 0)::TEXT AS scans
  FROM chosen AS c
  ORDER BY c.nspname, c.table_name, c.index_name`;
