import { z } from "zod";
import type { LossTarget } from "../data-loss/data-loss.ts";
import type { Drop } from "../data-loss/find-drops.ts";
import { command, sql } from "./slonik.ts";

const target = z
  .object({
    schema: z.string(),
    table: z.string(),
    column: z.string().nullable(),
    with_children: z.boolean(),
  })
  .transform(
    (row): LossTarget => ({
      schema: row.schema,
      table: row.table,
      column: row.column,
      withChildren: row.with_children,
    }),
  );

/**
 * The tables and columns behind what a script drops, as far as they exist. A schema stands for its tables; a
 * partition is left out where its parent goes as well, so that no row is counted twice.
 */
export const resolveDrops = (drops: readonly Drop[]) => sql.type(target)`
  WITH dropped AS (
    SELECT * FROM jsonb_to_recordset(${JSON.stringify(drops)}::jsonb)
      AS d (kind TEXT, schema TEXT, name TEXT, "column" TEXT)
  ), found AS (
    SELECT c.oid, NULL::text AS "column"
    FROM dropped AS d
    JOIN pg_namespace AS n ON n.nspname = d.name
    JOIN pg_class AS c ON c.relnamespace = n.oid
    WHERE d.kind = 'schema'
    UNION
    SELECT to_regclass(concat_ws('.', quote_ident(d.schema), quote_ident(d.name))), d."column"
    FROM dropped AS d
    WHERE d.kind IN ('table', 'column')
  )
  SELECT
    n.nspname::text AS schema,
    c.relname::text AS table,
    f."column",
    c.relkind = 'p' OR f."column" IS NOT NULL AS with_children
  FROM found AS f
  JOIN pg_class AS c ON c.oid = f.oid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p')
    AND (
      f."column" IS NULL
      OR EXISTS (SELECT FROM pg_attribute AS a
                 WHERE a.attrelid = c.oid AND a.attname = f."column" AND NOT a.attisdropped)
    )
    AND NOT EXISTS (
      SELECT FROM pg_inherits AS i JOIN found AS p ON p.oid = i.inhparent
      WHERE i.inhrelid = c.oid AND c.relispartition AND p."column" IS NOT DISTINCT FROM f."column"
    )
  ORDER BY 1, 2, 3
`;

const relation = ({ schema, table, withChildren }: LossTarget) =>
  withChildren
    ? sql.fragment`${sql.identifier([schema, table])}`
    : sql.fragment`ONLY ${sql.identifier([schema, table])}`;

const having = ({ column }: LossTarget) =>
  column === null ? sql.fragment`TRUE` : sql.fragment`${sql.identifier([column])} IS NOT NULL`;

/** Counting further than this would take long and say nothing more. */
export const exactUpTo = 1_000_000;

/** How many rows go with a target: counted up to a million, from there on the planner's estimate. */
export const countRows = (of: LossTarget) => sql.type(
  z.object({ counted: z.coerce.number(), estimate: z.coerce.number() }),
)`
  SELECT
    (
      SELECT count(*)
      FROM (SELECT FROM ${relation(of)} WHERE ${having(of)} LIMIT ${exactUpTo + 1}) AS bounded
    ) AS counted,
    (
      SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)
      FROM pg_class AS c
      WHERE c.relkind = 'r'
        AND c.oid IN (
          SELECT to_regclass(format('%I.%I', ${of.schema}::text, ${of.table}::text))
          UNION ALL
          SELECT relid FROM pg_partition_tree(format('%I.%I', ${of.schema}::text, ${of.table}::text)::regclass)
        )
    ) AS estimate
`;

/** Whether a single row goes with a target. */
export const holdsRows = (of: LossTarget) => sql.type(z.object({ holds: z.boolean() }))`
  SELECT EXISTS (SELECT FROM ${relation(of)} WHERE ${having(of)}) AS holds
`;

/** Keeps everybody else from the targets until the transaction ends. */
export const lockTargets = (targets: readonly LossTarget[]) => command`
  LOCK TABLE ${sql.join(
    targets.map(({ schema, table }) => sql.identifier([schema, table])),
    sql.fragment`, `,
  )} IN ACCESS EXCLUSIVE MODE
`;

/** The partitions and children of targets, which go with them, and whose rows were counted with theirs. */
export const selectDescendants = (targets: readonly LossTarget[]) => sql.type(target)`
  WITH RECURSIVE target AS (
    SELECT to_regclass(format('%I.%I', t.schema, t."table")) AS oid, t."column"
    FROM jsonb_to_recordset(${JSON.stringify(targets)}::jsonb) AS t (schema TEXT, "table" TEXT, "column" TEXT)
  ), descendant AS (
    SELECT i.inhrelid AS oid, t."column"
    FROM target AS t JOIN pg_inherits AS i ON i.inhparent = t.oid
    JOIN pg_class AS c ON c.oid = i.inhrelid AND (c.relispartition OR t."column" IS NOT NULL)
    UNION
    SELECT i.inhrelid, d."column"
    FROM descendant AS d JOIN pg_inherits AS i ON i.inhparent = d.oid
  )
  SELECT n.nspname::text AS schema, c.relname::text AS table, d."column", FALSE AS with_children
  FROM descendant AS d
  JOIN pg_class AS c ON c.oid = d.oid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
`;

/** Policies of row-level security would hide rows; with this they are an error instead. */
export const forbidRowSecurity = command`SELECT set_config('row_security', 'off', TRUE)`;

/** Lets policies apply again, for the script itself. */
export const allowRowSecurity = command`SELECT set_config('row_security', 'on', TRUE)`;

const storedColumn = z.object({
  relation: z.coerce.number(),
  attribute: z.coerce.number(),
  schema: z.string(),
  table: z.string(),
  column: z.string(),
  type: z.coerce.number(),
  modifier: z.number(),
});

/** A column that stores values: of an ordinary table, by its numbers, which survive renaming. */
export type StoredColumn = z.output<typeof storedColumn>;

/** All columns of all tables that hold rows of their own. */
export const selectStoredColumns = sql.type(storedColumn)`
  SELECT c.oid AS relation, coalesce(a.attnum, 0) AS attribute, n.nspname::text AS schema,
    c.relname::text AS table, coalesce(a.attname::text, '') AS column,
    coalesce(a.atttypid, 0) AS type, coalesce(a.atttypmod, -1) AS modifier
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relkind = 'r' AND c.relpersistence <> 't'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema')
`;
