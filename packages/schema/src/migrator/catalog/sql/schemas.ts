import {
  type CatalogQuery,
  catalogRow,
  notOfAnExtension,
  ownSchema,
  privileges,
  sql,
} from "./catalog-row.ts";

/** Schemas with owner and privileges. */
export const schemas: CatalogQuery = sql.type(catalogRow)`
  SELECT 'schema' AS kind, n.nspname::text AS name, n.nspname::text AS schema, NULL AS relation,
    jsonb_build_object(
      'owner', pg_get_userbyid(n.nspowner),
      'privileges', ${privileges(["n", "nspacl"], ["n", "nspowner"], "n")}
    ) AS properties
  FROM pg_namespace AS n
  WHERE ${ownSchema} AND ${notOfAnExtension("pg_namespace", ["n", "oid"])}`;

/** Extensions with version and schema; their members are not listed one by one. */
export const extensions: CatalogQuery = sql.type(catalogRow)`
  SELECT 'extension' AS kind, e.extname::text AS name, NULL AS schema, NULL AS relation,
    jsonb_build_object(
      'version', e.extversion,
      'schema', n.nspname,
      'owner', pg_get_userbyid(e.extowner)
    ) AS properties
  FROM pg_extension AS e
  JOIN pg_namespace AS n ON n.oid = e.extnamespace`;

/** What can be set on the database itself; its name is left out, since a scratch database has another. */
export const database: CatalogQuery = sql.type(catalogRow)`
  SELECT 'database' AS kind, 'the database itself' AS name, NULL AS schema, NULL AS relation,
    jsonb_build_object(
      'connection limit', d.datconnlimit,
      'comment', shobj_description(d.oid, 'pg_database'),
      'privileges', ${privileges(["d", "datacl"], ["d", "datdba"], "d")},
      'settings', (
        SELECT jsonb_object_agg(
          CASE s.setrole WHEN 0 THEN 'every role' ELSE pg_get_userbyid(s.setrole)::text END, to_jsonb(s.setconfig)
        )
        FROM pg_db_role_setting AS s WHERE s.setdatabase = d.oid
      )
    ) AS properties
  FROM pg_database AS d
  WHERE d.datname = current_database()`;
