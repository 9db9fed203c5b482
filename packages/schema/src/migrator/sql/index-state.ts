import { z } from "zod";
import type { ConcurrentIndex } from "../statements/sql-statement.ts";
import { command, sql } from "./slonik.ts";

const qualified = (schema: string | undefined, table: string) =>
  schema === undefined
    ? sql.fragment`quote_ident(${table})`
    : sql.fragment`quote_ident(${schema}) || '.' || quote_ident(${table})`;

const indexState = z.object({
  schema: z.string(),
  table: z.string(),
  valid: z.boolean(),
  definition: z.string(),
});

/** The index that has the name which a concurrent build is going to use, if there is one. */
export const findIndex = ({ schema, table, index }: ConcurrentIndex) => sql.type(indexState)`
  SELECT
    n.nspname::text AS schema,
    t.relname::text AS table,
    i.indisvalid AND i.indisready AND i.indislive AS valid,
    pg_get_indexdef(i.indexrelid) AS definition
  FROM pg_index AS i
  JOIN pg_class AS c ON c.oid = i.indexrelid
  JOIN pg_class AS t ON t.oid = i.indrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relname = ${index}
    AND c.relnamespace = (
      SELECT relnamespace FROM pg_class WHERE oid = to_regclass(${qualified(schema, table)})
    )
`;

/** Removes what an interrupted concurrent build has left. */
export const dropIndexConcurrently = (schema: string, index: string) => command`
  DROP INDEX CONCURRENTLY IF EXISTS ${sql.identifier([schema, index])}
`;

/** The lock timeout of this session. */
export const setLockTimeout = (timeoutMs: number) => command`
  SELECT set_config('lock_timeout', ${String(timeoutMs)}, FALSE)
`;

/** Invalid copies that an interrupted REINDEX CONCURRENTLY of a table or an index has left on that table. */
export const findReindexLeftovers = (schema: string | undefined, relation: string) => sql.type(
  z.object({ schema: z.string(), index: z.string() }),
)`
  WITH target AS (SELECT to_regclass(${qualified(schema, relation)}) AS oid)
  SELECT n.nspname::text AS schema, c.relname::text AS index
  FROM pg_index AS i
  JOIN pg_class AS c ON c.oid = i.indexrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$'
    AND (
      i.indrelid = (SELECT oid FROM target)
      OR i.indrelid = (SELECT indrelid FROM pg_index WHERE indexrelid = (SELECT oid FROM target))
    )
`;

/** Whether a partition's detaching was begun and not finished. */
export const findPendingDetach = (schema: string | undefined, partition: string) => sql.type(
  z.object({ pending: z.boolean() }),
)`
  SELECT inhdetachpending AS pending
  FROM pg_inherits
  WHERE inhrelid = to_regclass(${qualified(schema, partition)})
`;

/** Finishes detaching a partition that was interrupted. */
export const finalizeDetach = (parent: readonly string[], partition: readonly string[]) => command`
  ALTER TABLE ${sql.identifier(parent)} DETACH PARTITION ${sql.identifier(partition)} FINALIZE
`;
