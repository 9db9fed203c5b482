import { z } from "zod";
import type { TrackingTable } from "../tracking/tracking-table.ts";
import { sql, trackingTable } from "./slonik.ts";

const shape = z.object({
  schema_exists: z.boolean(),
  history_exists: z.boolean(),
  /** Column name to type, or null where there is no such table. */
  columns: z.record(z.string(), z.string()).nullable(),
  database: z.string(),
});

/** What stands under the names of the tracking tables. */
export const describeTracking = (table: TrackingTable) => sql.type(shape)`
  SELECT
    EXISTS (SELECT FROM pg_namespace WHERE nspname = ${table.schema}) AS schema_exists,
    EXISTS (
      SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE n.nspname = ${table.schema} AND c.relname = ${table.history}
    ) AS history_exists,
    (
      SELECT jsonb_object_agg(a.attname, format_type(a.atttypid, a.atttypmod))
      FROM pg_class AS c
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
      JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE n.nspname = ${table.schema} AND c.relname = ${table.name}
    ) AS columns,
    current_database()::text AS database
`;

const appliedRow = z
  .object({
    version: z.coerce.number(),
    description: z.string(),
    installed_on: z.date().nullable(),
    installed_by: z.string().nullable(),
    duration_ms: z.number().nullable(),
    checksum: z.string().nullable(),
  })
  .transform((row) => ({
    version: row.version,
    name: row.description,
    installedOn: row.installed_on?.toISOString() ?? null,
    installedBy: row.installed_by,
    durationMs: row.duration_ms,
    checksum: row.checksum,
  }));

/** All applied migrations, lowest number first. */
export const selectApplied = (table: TrackingTable) => sql.type(appliedRow)`
  SELECT
    version,
    description,
    installed_on,
    installed_by,
    (extract(epoch FROM execution_time) * 1000)::float8 AS duration_ms,
    checksum
  FROM ${trackingTable(table)}
  ORDER BY version
`;

/**
 * Tables of the database that are neither part of an extension nor kept by any migrator of this kind.
 *
 * Tracking tables are known by the pair of a table and its history with their columns.
 */
export const countForeignTables = sql.type(
  z.object({ tables: z.coerce.number(), example: z.string().nullable(), tracked: z.boolean() }),
)`
  WITH own AS (
    SELECT h.oid AS history, t.oid AS tracking
    FROM pg_class AS h
    JOIN pg_class AS t ON t.relnamespace = h.relnamespace AND h.relname = t.relname || '_history'
    WHERE h.relkind = 'r' AND t.relkind = 'r'
      AND (SELECT count(*) FROM pg_attribute AS a
           WHERE a.attrelid = t.oid AND a.attname IN ('version', 'description', 'installed_on', 'checksum')) = 4
      AND (SELECT count(*) FROM pg_attribute AS a
           WHERE a.attrelid = h.oid AND a.attname IN ('entry', 'action', 'outcome', 'tool_version')) = 4
  )
  SELECT
    count(*) AS tables,
    min(format('%I.%I', n.nspname, c.relname)) AS example,
    EXISTS (SELECT FROM own) AS tracked
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f', 'm')
    AND c.relpersistence <> 't'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    AND NOT EXISTS (
      SELECT FROM pg_depend AS d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
    )
`;
