import { z } from "zod";
import { sql } from "../../sql/slonik.ts";

const columnShape = z.object({
  name: z.string(),
  /** The type under all domains, without length: `text`, `int4`, `jsonb`. */
  base: z.string(),
  /** `e` for an enum, `A` for an array, `R` for a range; else PostgreSQL's category letter. */
  category: z.string(),
  labels: z.array(z.string()).nullable(),
  /** Characters that fit; null when the type has no limit. */
  length: z.number().nullable(),
  /** Digits before the point that a numeric takes; null when it has no limit, or is none. */
  digits: z.number().nullable(),
  required: z.boolean(),
  hasDefault: z.boolean(),
});

const foreignKeyShape = z.object({
  name: z.string(),
  columns: z.array(z.string()),
  /** The referenced table, qualified and quoted. */
  table: z.string(),
  referenced: z.array(z.string()),
});

const checkShape = z.object({
  name: z.string(),
  columns: z.array(z.string()),
  /** The expression, and the bodies of our functions that it calls: the source of values worth trying. */
  texts: z.array(z.string()),
});

const tableShape = z.object({
  table: z.string(),
  columns: z.array(columnShape),
  foreignKeys: z.array(foreignKeyShape),
  checks: z.array(checkShape),
  partitionKey: z.array(z.string()),
  bounds: z.array(z.string()),
});

/** A table that rows can be put into, with what limits them. */
export type TableShape = z.output<typeof tableShape>;
/** A column of it that a row may give a value for. */
export type ColumnShape = z.output<typeof columnShape>;
/** A foreign key of it. */
export type ForeignKeyShape = z.output<typeof foreignKeyShape>;
/** A CHECK of it, or of the domain of one of its columns. */
export type CheckShape = z.output<typeof checkShape>;

/** Every table that is not a partition, not an extension's, and not one of `ignored` (qualified names). */
export const describeTables = (ignored: readonly string[]) => sql.type(tableShape)`
  WITH RECURSIVE link AS (
    SELECT t.oid AS type, t.typbasetype AS under, t.typtypmod AS modifier, t.typnotnull AS required, 1 AS depth,
      ARRAY[t.oid] AS chain
    FROM pg_type AS t WHERE t.typtype = 'd'
    UNION ALL
    SELECT l.type, t.typbasetype, greatest(l.modifier, t.typtypmod), l.required OR t.typnotnull, l.depth + 1,
      l.chain || t.oid
    FROM link AS l JOIN pg_type AS t ON t.oid = l.under AND t.typtype = 'd'
  ), resolved AS MATERIALIZED (
    SELECT DISTINCT ON (l.type) l.type, l.under, l.modifier, l.required, l.chain
    FROM link AS l ORDER BY l.type, l.depth DESC
  )
  SELECT format('%I.%I', n.nspname, c.relname) AS "table",
    (
      SELECT coalesce(jsonb_agg(jsonb_build_object(
        'name', a.attname,
        'base', u.typname,
        'category', CASE WHEN u.typtype = 'e' THEN 'e' ELSE u.typcategory::text END,
        'labels', (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum AS e WHERE e.enumtypid = u.oid),
        'length', CASE WHEN u.typname IN ('varchar', 'bpchar')
                       AND greatest(a.atttypmod, r.modifier) > 4 THEN greatest(a.atttypmod, r.modifier) - 4 END,
        -- A numeric's modifier holds precision and scale in 16 bits each.
        'digits', CASE WHEN u.typname = 'numeric' AND greatest(a.atttypmod, r.modifier) > 4
          THEN ((greatest(a.atttypmod, r.modifier) - 4) >> 16) - ((greatest(a.atttypmod, r.modifier) - 4) & 2047) END,
        'required', a.attnotnull OR coalesce(r.required, FALSE),
        'hasDefault', a.atthasdef OR a.attidentity <> '' OR EXISTS (
          SELECT FROM pg_type AS d WHERE d.oid = a.atttypid AND d.typdefault IS NOT NULL)
      ) ORDER BY a.attnum), '[]')
      FROM pg_attribute AS a
      LEFT JOIN resolved AS r ON r.type = a.atttypid
      JOIN pg_type AS u ON u.oid = coalesce(r.under, a.atttypid)
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity <> 'a'
    ) AS columns,
    (
      SELECT coalesce(jsonb_agg(jsonb_build_object(
        'name', k.conname,
        'columns', (SELECT jsonb_agg(a.attname ORDER BY o.place) FROM unnest(k.conkey) WITH ORDINALITY AS o(num, place)
                    JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = o.num),
        'table', (SELECT format('%I.%I', fn.nspname, f.relname) FROM pg_class AS f
                  JOIN pg_namespace AS fn ON fn.oid = f.relnamespace WHERE f.oid = k.confrelid),
        'referenced', (SELECT jsonb_agg(a.attname ORDER BY o.place) FROM unnest(k.confkey) WITH ORDINALITY AS o(num, place)
                       JOIN pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = o.num)
      ) ORDER BY k.conname), '[]')
      FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conparentid = 0
    ) AS "foreignKeys",
    (
      SELECT coalesce(jsonb_agg(jsonb_build_object(
        'name', checked.name,
        'columns', checked.columns,
        'texts', jsonb_build_array(checked.definition) || coalesce((
          SELECT jsonb_agg(p.prosrc) FROM pg_depend AS d JOIN pg_proc AS p ON p.oid = d.refobjid
          WHERE d.classid = 'pg_constraint'::regclass AND d.objid = checked.oid
            AND d.refclassid = 'pg_proc'::regclass), '[]')
      ) ORDER BY checked.name), '[]')
      FROM (
        SELECT k.oid, k.conname AS name, pg_get_constraintdef(k.oid) AS definition,
          (SELECT coalesce(jsonb_agg(a.attname ORDER BY a.attnum), '[]') FROM pg_attribute AS a
           WHERE a.attrelid = c.oid AND a.attnum = ANY (k.conkey)) AS columns
        FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype = 'c'
        UNION ALL
        SELECT k.oid, k.conname, pg_get_constraintdef(k.oid),
          (SELECT jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_attribute AS a JOIN resolved AS r ON r.type = a.atttypid
           WHERE a.attrelid = c.oid AND NOT a.attisdropped AND k.contypid = ANY (r.chain))
        FROM pg_constraint AS k
        WHERE k.contype = 'c' AND k.contypid IN (
          SELECT unnest(r.chain) FROM pg_attribute AS a JOIN resolved AS r ON r.type = a.atttypid
          WHERE a.attrelid = c.oid AND NOT a.attisdropped)
      ) AS checked
    ) AS checks,
    (
      SELECT coalesce(jsonb_agg(a.attname), '[]') FROM pg_partitioned_table AS p
      JOIN pg_attribute AS a ON a.attrelid = p.partrelid AND a.attnum = ANY (p.partattrs::int2[])
      WHERE p.partrelid = c.oid
    ) AS "partitionKey",
    (
      SELECT coalesce(jsonb_agg(pg_get_expr(leaf.relpartbound, leaf.oid) ORDER BY leaf.relname), '[]')
      FROM pg_inherits AS i JOIN pg_class AS leaf ON leaf.oid = i.inhrelid
      WHERE i.inhparent = c.oid AND leaf.relispartition
    ) AS bounds
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND format('%I.%I', n.nspname, c.relname) <> ALL (${sql.array([...ignored], "text")})
    AND NOT EXISTS (SELECT FROM pg_depend AS d
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
  ORDER BY 1
`;
