import { createSqlTag } from "@slonik/sql-tag";
import { z } from "zod";
import { ourRelation, ourSchema } from "./our-objects.ts";

const sql = createSqlTag();

const column = z.object({
  name: z.string(),
  type: z.string(),
  nullable: z.boolean(),
  default: z.string().nullable(),
  generated: z.boolean(),
  comment: z.string().nullable(),
});

const named = z.object({ name: z.string(), definition: z.string() });

const relationRow = z.object({
  schema: z.string(),
  name: z.string(),
  kind: z.enum(["table", "view"]),
  comment: z.string().nullable(),
  partitioned_by: z.string().nullable(),
  columns: z.array(column),
  constraints: z.array(named),
  indexes: z.array(named),
  triggers: z.array(named),
  rights: z.array(z.object({ role: z.string(), privileges: z.array(z.string()) })),
});

/** A table or view with everything about it that a reader needs. */
export type RelationEntry = z.output<typeof relationRow>;

const columns = sql.fragment`
  SELECT COALESCE(json_agg(json_build_object(
    'name', a.attname,
    'type', format_type(a.atttypid, a.atttypmod),
    'nullable', NOT a.attnotnull,
    'default', pg_get_expr(d.adbin, d.adrelid),
    'generated', a.attgenerated <> '',
    'comment', col_description(a.attrelid, a.attnum)
  ) ORDER BY a.attnum), '[]')
  FROM pg_attribute AS a
  LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped`;

// Not those for NOT NULL, which only newer servers keep as constraints, and not the copies of a foreign key that a
// server keeps for each partition of the table it points at.
const constraints = sql.fragment`
  SELECT COALESCE(json_agg(json_build_object(
    'name', k.conname, 'definition', pg_get_constraintdef(k.oid)
  ) ORDER BY array_position(ARRAY['p', 'u', 'f', 'c'], k.contype::TEXT), k.conname), '[]')
  FROM pg_constraint AS k
  WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u', 'f', 'c') AND k.conparentid = 0`;

const indexes = sql.fragment`
  SELECT COALESCE(json_agg(json_build_object(
    'name', i.relname, 'definition', replace(pg_get_indexdef(i.oid), ' ON ONLY ', ' ON ')
  ) ORDER BY i.relname), '[]')
  FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid
  WHERE x.indrelid = c.oid AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.oid AND k.contype <> 'f')`;

const triggers = sql.fragment`
  SELECT COALESCE(json_agg(json_build_object(
    'name', t.tgname, 'definition', pg_get_triggerdef(t.oid)
  ) ORDER BY t.tgname), '[]')
  FROM pg_trigger AS t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal`;

const rights = sql.fragment`
  SELECT COALESCE(json_agg(json_build_object('role', g.role, 'privileges', g.privileges) ORDER BY g.role), '[]')
  FROM (
    SELECT r.rolname AS role, array_agg(p.privilege ORDER BY p.privilege) AS privileges
    FROM (
      SELECT a.grantee, a.privilege_type AS privilege FROM aclexplode(c.relacl) AS a
      UNION ALL
      SELECT a.grantee, a.privilege_type || ' (' || string_agg(b.attname, ', ' ORDER BY b.attnum) || ')'
      FROM pg_attribute AS b, aclexplode(b.attacl) AS a
      WHERE b.attrelid = c.oid
      GROUP BY a.grantee, a.privilege_type
    ) AS p
    JOIN pg_roles AS r ON r.oid = p.grantee
    WHERE p.grantee <> c.relowner
    GROUP BY r.rolname
  ) AS g`;

/** Our tables and views by schema and name. */
export const selectRelations = sql.type(relationRow)`
  SELECT
    n.nspname AS schema,
    c.relname AS name,
    CASE WHEN c.relkind IN ('v', 'm') THEN 'view' ELSE 'table' END AS kind,
    obj_description(c.oid, 'pg_class') AS comment,
    CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partitioned_by,
    (${columns}) AS columns,
    (${constraints}) AS constraints,
    (${indexes}) AS indexes,
    (${triggers}) AS triggers,
    (${rights}) AS rights
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE ${ourSchema} AND ${ourRelation}
  ORDER BY n.nspname, c.relkind IN ('v', 'm'), c.relname`;
