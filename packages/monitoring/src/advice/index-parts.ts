import { type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";

const part = z.object({
  schema: z.string(),
  name: z.string(),
  /** What the index of this part is called, or is to be called. */
  index: z.string(),
  state: z.enum(["absent", "invalid", "valid", "attached"]),
  /** Whether it has parts itself. */
  isPartitioned: z.boolean(),
});

/** A part of a partitioned table, and how far the index is built there. */
export type IndexPart = z.output<typeof part>;

const found = z.object({
  isPartitioned: z.boolean(),
  /** Of the index of the table itself. */
  state: z.enum(["absent", "invalid", "valid", "of another"]),
});

/** How far the index of a table is built. */
export type IndexState = z.output<typeof found>;

/** How far an index of a table is built; null where the table is gone. */
export async function indexState(
  on: Queryable,
  schema: string,
  table: string,
  index: string,
): Promise<IndexState | null> {
  return await on.maybeOne(
    sql.type(found)`
      SELECT
        t.relkind = 'p' AS "isPartitioned",
        CASE
          WHEN c.oid IS NULL THEN 'absent'
          WHEN i.indrelid IS DISTINCT FROM t.oid THEN 'of another'
          WHEN i.indisvalid AND i.indisready THEN 'valid'
          ELSE 'invalid'
        END AS state
      FROM pg_catalog.pg_class AS t
      JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
      LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = ${index}
      LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
      WHERE n.nspname = ${schema} AND t.relname = ${table} AND t.relkind IN ('r', 'p', 'm')`,
  );
}

/** How far an index of a partitioned table is built, part by part. */
export async function indexParts(
  on: Queryable,
  schema: string,
  table: string,
  index: string,
): Promise<readonly IndexPart[]> {
  return await on.any(
    sql.type(part)`
      SELECT
        pn.nspname AS schema, p.relname AS name, COALESCE(a.name, l.name) AS index, p.relkind = 'p' AS "isPartitioned",
        CASE
          WHEN a.name IS NOT NULL THEN 'attached'
          WHEN i.indexrelid IS NULL THEN 'absent'
          WHEN i.indisvalid AND i.indisready THEN 'valid'
          ELSE 'invalid'
        END AS state
      FROM pg_catalog.pg_class AS t
      JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
      JOIN pg_catalog.pg_inherits AS h ON h.inhparent = t.oid
      JOIN pg_catalog.pg_class AS p ON p.oid = h.inhrelid
      JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
      CROSS JOIN LATERAL (SELECT partitions.optional_index_part_name(${index}, p.relname::TEXT) AS name) AS l
      LEFT JOIN LATERAL (
        SELECT c.relname::TEXT AS name
        FROM pg_catalog.pg_index AS x
        JOIN pg_catalog.pg_class AS c ON c.oid = x.indexrelid
        JOIN pg_catalog.pg_inherits AS xh ON xh.inhrelid = c.oid
        JOIN pg_catalog.pg_class AS whole ON whole.oid = xh.inhparent
        WHERE x.indrelid = p.oid AND whole.relname = ${index} AND whole.relnamespace = n.oid
      ) AS a ON TRUE
      LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace = p.relnamespace AND c.relname = l.name
      LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid AND i.indrelid = p.oid
      WHERE n.nspname = ${schema} AND t.relname = ${table}
      ORDER BY pn.nspname, p.relname`,
  );
}
