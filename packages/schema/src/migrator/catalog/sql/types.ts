import {
  type CatalogQuery,
  catalogRow,
  notOfAnExtension,
  ownSchema,
  privileges,
  sql,
} from "./catalog-row.ts";

/** Enums, domains, composites, ranges and base types; not the ones that come with a table or an array. */
export const types: CatalogQuery = sql.type(catalogRow)`
  SELECT
    CASE t.typtype
      WHEN 'e' THEN 'enum type' WHEN 'd' THEN 'domain' WHEN 'c' THEN 'composite type' WHEN 'r' THEN 'range type'
      ELSE 'base type'
    END AS kind,
    format('%I.%I', n.nspname, t.typname) AS name,
    n.nspname::text AS schema,
    NULL AS relation,
    jsonb_build_object(
      'owner', pg_get_userbyid(t.typowner),
      'privileges', ${privileges(["t", "typacl"], ["t", "typowner"], "T")}
    ) || CASE t.typtype
      WHEN 'e' THEN jsonb_build_object('labels', (
        SELECT jsonb_agg(label.enumlabel ORDER BY label.enumsortorder) FROM pg_enum AS label WHERE label.enumtypid = t.oid
      ))
      WHEN 'd' THEN jsonb_build_object(
        'base type', format_type(t.typbasetype, t.typtypmod),
        'not null', t.typnotnull,
        'default', coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault),
        'collation', (SELECT format('%I.%I', cn.nspname, c.collname) FROM pg_collation AS c
                      JOIN pg_namespace AS cn ON cn.oid = c.collnamespace WHERE c.oid = t.typcollation)
      )
      WHEN 'r' THEN (
        SELECT jsonb_build_object(
          'subtype', format_type(r.rngsubtype, NULL),
          'multirange', format_type(r.rngmultitypid, NULL),
          'operator class', (SELECT oc.opcname FROM pg_opclass AS oc WHERE oc.oid = r.rngsubopc),
          'canonical', r.rngcanonical::regproc::text,
          'subtype difference', r.rngsubdiff::regproc::text,
          'collation', (SELECT c.collname FROM pg_collation AS c WHERE c.oid = r.rngcollation)
        )
        FROM pg_range AS r WHERE r.rngtypid = t.oid
      )
      WHEN 'b' THEN jsonb_build_object(
        'input', t.typinput::regproc::text, 'output', t.typoutput::regproc::text,
        'length', t.typlen, 'alignment', t.typalign, 'storage', t.typstorage, 'category', t.typcategory,
        'default', t.typdefault
      )
      ELSE '{}'::jsonb
    END AS properties
  FROM pg_type AS t
  JOIN pg_namespace AS n ON n.oid = t.typnamespace
  LEFT JOIN pg_class AS c ON c.oid = t.typrelid
  WHERE ${ownSchema}
    AND t.typtype IN ('e', 'd', 'c', 'r', 'b')
    AND (t.typtype <> 'c' OR c.relkind = 'c')
    AND NOT EXISTS (SELECT FROM pg_type AS element WHERE element.typarray = t.oid)
    AND ${notOfAnExtension("pg_type", ["t", "oid"])}`;

/** Collations. */
export const collations: CatalogQuery = sql.type(catalogRow)`
  SELECT 'collation' AS kind, format('%I.%I', n.nspname, c.collname) AS name, n.nspname::text AS schema,
    NULL AS relation,
    -- The locale's column was renamed in PostgreSQL 17.
    (to_jsonb(c) - ARRAY['oid', 'collname', 'collnamespace', 'collowner', 'collversion'])
      || jsonb_build_object('owner', pg_get_userbyid(c.collowner)) AS properties
  FROM pg_collation AS c
  JOIN pg_namespace AS n ON n.oid = c.collnamespace
  WHERE ${ownSchema} AND ${notOfAnExtension("pg_collation", ["c", "oid"])}`;
