import { type Queryable, type Statement, sql } from "@mister-smith/client";
import { z } from "zod";
import type { ServerFacts } from "../collect/collector.ts";

const bloated = z.object({
  schema: z.string(),
  table: z.string(),
  /** Null for a table. */
  index: z.string().nullable(),
  /** Its size on disk; null while somebody has locked it. */
  bytes: z.number().nullable(),
  /** What is neither rows, or entries, nor what its fillfactor leaves free; null where that is not known. */
  bloatBytes: z.number().nullable(),
  method: z.enum(["estimated", "exact"]).nullable(),
  /** Why it is not known: `locked`, `not visible`, `no statistics` or `unsupported: …`; null where it is. */
  reason: z.string().nullable(),
});

/** A table or an index, and how much of it is bloat. */
export type Bloat = z.output<typeof bloated>;

/** Which of the two kinds is meant, and how much may be read of the worst. */
export interface BloatBounds extends Pick<ServerFacts, "tupleSchema" | "exactBytes"> {
  readonly kind: "tables" | "indexes";
}

/**
 * Each table, or index, of the database with its bloat, as a query. Those that may waste most are read whole, the worst first,
 * as far as the bytes reach; one that is larger than that is left estimated, and does not keep the next from being read.
 */
export function bloatQuery({ kind, tupleSchema, exactBytes }: BloatBounds) {
  const estimated = kind === "tables" ? estimatedTables : estimatedIndexes;
  if (tupleSchema === null || exactBytes === 0)
    return sql.fragment`
      SELECT
        e.schema, e.table, e.index, e.bytes, e.bloat_bytes,
        CASE WHEN e.bloat_bytes IS NOT NULL THEN 'estimated' END AS method, e.reason
      FROM (${estimated}) AS e`;
  return sql.fragment`
      SELECT
        e.schema, e.table, e.index, e.bytes, COALESCE(x.bloat_bytes, e.bloat_bytes) AS bloat_bytes,
        CASE WHEN x.bloat_bytes IS NOT NULL THEN 'exact' WHEN e.bloat_bytes IS NOT NULL THEN 'estimated' END AS method,
        CASE WHEN x.bloat_bytes IS NULL THEN e.reason END AS reason
      FROM (
        SELECT
          c.*,
          c.is_candidate AND pg_catalog.sum(c.bytes) OVER (
            PARTITION BY c.is_candidate ORDER BY COALESCE(c.bloat_bytes, c.bytes) DESC, c.id
          ) <= ${exactBytes} AS is_read
        FROM (
          SELECT
            e.*,
            e.bytes <= ${exactBytes} AND e.is_readable AND (e.reason IS NULL OR e.reason <> 'locked')
              -- What is nearly full by estimation is not worth reading.
              AND COALESCE(e.bloat_bytes >= e.bytes * 0.1, TRUE) AS is_candidate
          FROM (${estimated}) AS e
        ) AS c
        OFFSET 0
      ) AS e
      -- In a join the function might be called for those too that are not to be read.
      CROSS JOIN LATERAL (
        SELECT CASE WHEN e.is_read THEN (${kind === "tables" ? exactTable(tupleSchema) : exactIndex(tupleSchema)}) END AS bloat_bytes
        OFFSET 0
      ) AS x`;
}

const estimatedTables = sql.fragment`
        SELECT
          b.relation_id AS id, b.schema_name AS schema, b.table_name AS table, NULL::TEXT AS index, b.table_bytes AS bytes,
          b.bloat_bytes, b.reason, m.amname = 'heap' AS is_readable
        FROM monitoring.table_bloat() AS b
        JOIN pg_catalog.pg_class AS c ON c.oid = b.relation_id
        JOIN pg_catalog.pg_am AS m ON m.oid = c.relam`;
const estimatedIndexes = sql.fragment`
        SELECT
          b.relation_id AS id, b.schema_name AS schema, b.table_name AS table, b.index_name AS index,
          b.index_bytes AS bytes, b.bloat_bytes, b.reason, m.amname = 'btree' AND i.indisvalid AS is_readable
        FROM monitoring.index_bloat() AS b
        JOIN pg_catalog.pg_class AS c ON c.oid = b.relation_id
        JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
        JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid`;

const fillfactor = (standard: string) => sql.fragment`(
          SELECT COALESCE(pg_catalog.max(o.option_value), ${standard})::INTEGER
          FROM pg_catalog.pg_class AS c CROSS JOIN LATERAL pg_catalog.pg_options_to_table(c.reloptions) AS o
          WHERE c.oid = e.id AND o.option_name = 'fillfactor'
        )`;

const exactTable = (schema: string) => sql.fragment`
        SELECT
          GREATEST(t.dead_tuple_len + t.free_space - t.table_len * (100 - ${fillfactor("100")}) / 100, 0)::BIGINT AS bloat_bytes
        FROM ${sql.identifier([schema, "pgstattuple"])}(e.id::pg_catalog.REGCLASS) AS t`;

// NaN for an index without leaves.
const exactIndex = (schema: string) => sql.fragment`
        SELECT
          (
            GREATEST(
              p.leaf_pages * (1 - COALESCE(NULLIF(p.avg_leaf_density, 'NaN'), 0) / ${fillfactor("90")}), 0
            ) + p.empty_pages + p.deleted_pages
          )::BIGINT * pg_catalog.current_setting('block_size')::INTEGER AS bloat_bytes
        FROM ${sql.identifier([schema, "pgstatindex"])}(e.id::pg_catalog.REGCLASS) AS p`;

/** The tables and indexes that waste most, or may do so, of each kind at most so many, the worst first. */
export async function bloat(
  on: Queryable,
  bounds: Omit<BloatBounds, "kind">,
  { limit, timeoutMs }: { readonly limit: number; readonly timeoutMs: number },
): Promise<readonly Bloat[]> {
  const of = async (kind: BloatBounds["kind"]) =>
    await on.any(worst(bloatQuery({ ...bounds, kind }), limit), { timeoutMs });
  const [tables, indexes] = [await of("tables"), await of("indexes")];
  return [...tables, ...indexes];
}

function worst(query: ReturnType<typeof bloatQuery>, limit: number): Statement<typeof bloated> {
  return sql.type(bloated)`
      SELECT
        b.schema, b.table, b.index, b.bytes::FLOAT8 AS bytes, b.bloat_bytes::FLOAT8 AS "bloatBytes", b.method, b.reason
      FROM (${query}) AS b
      ORDER BY COALESCE(b.bloat_bytes, b.bytes) DESC NULLS FIRST, b.schema, b.table, b.index
      LIMIT ${limit}`;
}
