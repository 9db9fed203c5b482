import { z } from "zod";
import { sql } from "../../sql/slonik.ts";
import { splitQualified } from "./rows.ts";

const identifier = (name: string) => sql.identifier([...splitQualified(name)]);

/**
 * Tables at the root of their partitions, with the columns whose values a migration is answerable for: not those
 * that the server computes, and not those that a trigger sets at every UPDATE.
 */
export const selectComparableTables = (ignored: readonly string[]) => sql.type(
  z.object({ table: z.string(), columns: z.array(z.string()) }),
)`
  SELECT format('%I.%I', n.nspname, c.relname) AS "table",
    coalesce((
      SELECT jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_attribute AS a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        AND NOT EXISTS (
          SELECT FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid
          -- Bits: 1 for each row, 2 before, 16 at UPDATE.
          WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgtype & 19 = 19
            AND (
              p.prosrc ~* ('\\mnew\\."?' || regexp_replace(a.attname, '(\\W)', '\\\\\\1', 'g') || '"?\\s*:=')
              -- The function may get the column's name from the trigger.
              OR a.attname = ANY (string_to_array(encode(t.tgargs, 'escape'), '\\000'))
            ))
    ), '[]') AS columns
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND format('%I.%I', n.nspname, c.relname) <> ALL (${sql.array([...ignored], "text")})
    AND NOT EXISTS (SELECT FROM pg_depend AS d
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
  ORDER BY 1
`;

/** A digest of each row of a table, from the text of the given columns, and how many rows have it. */
export const digestRows = (table: string, columns: readonly string[]) => sql.type(
  z.object({ digest: z.string(), rows: z.coerce.number() }),
)`
  SELECT md5(ROW(${sql.join(
    columns.map((column) => sql.fragment`${sql.identifier([column])}::text`),
    sql.fragment`, `,
  )})::text) AS digest, count(*) AS rows
  FROM ${identifier(table)}
  GROUP BY 1
`;

/** Sequences, with the tables that take values from them by ownership, identity or default. */
export const selectSequences = sql.type(z.object({ sequence: z.string(), tables: z.array(z.string()) }))`
  SELECT format('%I.%I', n.nspname, c.relname) AS sequence,
    coalesce((
      SELECT jsonb_agg(DISTINCT format('%I.%I', tn.nspname, t.relname))
      FROM (
        SELECT d.refobjid AS relation FROM pg_depend AS d
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
          AND d.deptype IN ('a', 'i')
        UNION
        SELECT f.adrelid FROM pg_depend AS d JOIN pg_attrdef AS f ON f.oid = d.objid
        WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid
      ) AS user_of
      JOIN pg_class AS t ON t.oid = coalesce(pg_partition_root(user_of.relation), user_of.relation)
      JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
    ), '[]') AS tables
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'
  ORDER BY 1
`;

/** Where a sequence stands. */
export const selectPosition = (sequence: string) =>
  sql.type(
    z.object({ last: z.coerce.string(), called: z.boolean() }),
  )`SELECT last_value::text AS last, is_called AS called FROM ${identifier(sequence)}`;
