import { z } from "zod";
import { type QuerySqlToken, sql } from "../../sql/slonik.ts";

export { sql } from "../../sql/slonik.ts";

/** Any JSON value. */
export type JsonValue = z.infer<ReturnType<typeof z.json>>;

/** One object of the catalogue as every query of this folder returns it. */
export const catalogRow = z.object({
  /** what it is, as PostgreSQL's DDL calls it: "table", "index", "enum type" */
  kind: z.string(),
  /** its name, qualified with its schema where it has one; unique within its kind */
  name: z.string(),
  /** the schema it lives in, so that schemas can be left out */
  schema: z.string().nullable(),
  /** the table it belongs to, qualified, so that tables can be left out with all they have */
  relation: z.string().nullable(),
  /** everything that can be altered about it; one jsonb of the server, which need not be looked through again */
  properties: z.custom<Readonly<Record<string, JsonValue>>>(
    (value) => typeof value === "object" && value !== null,
  ),
});

/** A query for objects of the catalogue. */
export type CatalogQuery = QuerySqlToken<typeof catalogRow>;

/** The schemas that belong to whoever writes migrations, as a condition on the alias `n` of pg_namespace. */
export const ownSchema = sql.fragment`(n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')`;

/** Whether the object is not a member of an extension; `classid` is the name of its catalogue. */
export const notOfAnExtension = (classid: string, objid: readonly [string, string]) => sql.fragment`
  NOT EXISTS (
    SELECT FROM pg_depend AS member
    WHERE member.classid = ${sql.literalValue(classid)}::regclass AND member.objid = ${sql.identifier([...objid])} AND member.deptype = 'e'
  )`;

/**
 * The privileges as a sorted list of "grantee: RIGHT, RIGHT by grantor". An access list that was never
 * written and one that was granted back to the default mean the same and read the same.
 */
export const privileges = (
  acl: readonly [string, string],
  owner: readonly [string, string],
  type: string,
) => sql.fragment`
  (SELECT coalesce(jsonb_agg(line.text ORDER BY line.text), '[]')
   FROM (
     SELECT format(
       '%s: %s by %s',
       CASE item.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(item.grantee)::text END,
       string_agg(item.privilege_type || CASE WHEN item.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END, ', '
                  ORDER BY item.privilege_type),
       pg_get_userbyid(item.grantor)
     ) AS text
     FROM aclexplode(coalesce(${sql.identifier([...acl])},
                              acldefault(${sql.literalValue(type)}::"char", ${sql.identifier([...owner])}))) AS item
     GROUP BY item.grantee, item.grantor
   ) AS line)`;

/**
 * An array of options (`name=value`) in a fixed order; null when there are none.
 *
 * PostgreSQL 15.20 keeps a stamp of its own among a column's options, another one whenever the table is made or
 * altered. It is nothing that somebody has set.
 */
export const sortedOptions = (column: readonly [string, string]) => sql.fragment`
  CASE WHEN ${sql.identifier([...column])} IS NOT NULL THEN (
    SELECT jsonb_agg(option.text ORDER BY option.text) FROM unnest(${sql.identifier([...column])}) AS option(text)
    WHERE NOT starts_with(option.text, 'pg_attver=')) END`;
