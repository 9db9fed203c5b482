import {
  type CatalogQuery,
  catalogRow,
  notOfAnExtension,
  ownSchema,
  privileges,
  sortedOptions,
  sql,
} from "./catalog-row.ts";

/** Tables, partitions, foreign tables, views and materialized views. */
export const relations: CatalogQuery = sql.type(catalogRow)`
  SELECT
    CASE c.relkind
      WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' ELSE 'table'
    END AS kind,
    format('%I.%I', n.nspname, c.relname) AS name,
    n.nspname::text AS schema,
    format('%I.%I', n.nspname, c.relname) AS relation,
    jsonb_build_object(
      'owner', pg_get_userbyid(c.relowner),
      'privileges', ${privileges(["c", "relacl"], ["c", "relowner"], "r")},
      'options', ${sortedOptions(["c", "reloptions"])},
      'tablespace', (SELECT s.spcname FROM pg_tablespace AS s WHERE s.oid = c.reltablespace),
      'access method', (SELECT am.amname FROM pg_am AS am WHERE am.oid = c.relam)
    ) || CASE
      WHEN c.relkind IN ('v', 'm') THEN jsonb_build_object(
        'definition', pg_get_viewdef(c.oid),
        'populated', c.relispopulated
      )
      ELSE jsonb_build_object(
        'persistence', CASE c.relpersistence WHEN 'u' THEN 'unlogged' WHEN 't' THEN 'temporary' ELSE 'permanent' END,
        'partition key', CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
        'partition bound', CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END,
        'inherits', (SELECT jsonb_agg(i.inhparent::regclass::text ORDER BY i.inhseqno)
                     FROM pg_inherits AS i WHERE i.inhrelid = c.oid AND NOT i.inhdetachpending),
        'detach pending', EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhrelid = c.oid AND i.inhdetachpending),
        'of type', CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END,
        'replica identity', c.relreplident,
        'row security', c.relrowsecurity,
        'row security forced', c.relforcerowsecurity,
        'toast options', (SELECT ${sortedOptions(["toast", "reloptions"])} FROM pg_class AS toast
                          WHERE toast.oid = c.reltoastrelid),
        'server', (SELECT s.srvname FROM pg_foreign_table AS f JOIN pg_foreign_server AS s ON s.oid = f.ftserver
                   WHERE f.ftrelid = c.oid),
        'server options', (SELECT ${sortedOptions(["f", "ftoptions"])} FROM pg_foreign_table AS f WHERE f.ftrelid = c.oid)
      )
    END AS properties
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE ${ownSchema} AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
    AND ${notOfAnExtension("pg_class", ["c", "oid"])}`;

/**
 * Columns. The position counts the columns that exist, so a gap left by a dropped column is no
 * difference and a column that was dropped and added again, and so moved to the end, is one.
 */
export const columns: CatalogQuery = sql.type(catalogRow)`
  SELECT 'column' AS kind,
    format('%I.%I.%I', n.nspname, c.relname, a.attname) AS name,
    n.nspname::text AS schema,
    format('%I.%I', n.nspname, c.relname) AS relation,
    jsonb_build_object(
      'position', row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum),
      'type', format_type(a.atttypid, a.atttypmod),
      'not null', a.attnotnull,
      'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
      'generated', CASE WHEN a.attgenerated <> '' THEN format(
        '%s as %s', CASE a.attgenerated WHEN 's' THEN 'stored' ELSE 'virtual' END, pg_get_expr(d.adbin, d.adrelid)) END,
      'identity', CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
      'collation', CASE WHEN a.attcollation <> t.typcollation THEN (
        SELECT format('%I.%I', cn.nspname, o.collname) FROM pg_collation AS o
        JOIN pg_namespace AS cn ON cn.oid = o.collnamespace WHERE o.oid = a.attcollation) END,
      'storage', a.attstorage,
      'compression', nullif(a.attcompression::text, ''),
      'statistics target', nullif(a.attstattarget, -1),
      'options', ${sortedOptions(["a", "attoptions"])},
      'foreign options', ${sortedOptions(["a", "attfdwoptions"])},
      'local', a.attislocal,
      'inherited times', a.attinhcount,
      'privileges', CASE WHEN a.attacl IS NOT NULL THEN (SELECT jsonb_agg(line.text ORDER BY line.text) FROM (
        SELECT format('%s: %s by %s',
          CASE item.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(item.grantee)::text END,
          item.privilege_type || CASE WHEN item.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END,
          pg_get_userbyid(item.grantor)) AS text
        FROM aclexplode(a.attacl) AS item) AS line) END
    ) AS properties
  FROM pg_attribute AS a
  JOIN pg_class AS c ON c.oid = a.attrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_type AS t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE ${ownSchema} AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c') AND a.attnum > 0 AND NOT a.attisdropped
    AND ${notOfAnExtension("pg_class", ["c", "oid"])}`;

/** Sequences with their bounds and owner column; the value they stand at is data and not compared. */
export const sequences: CatalogQuery = sql.type(catalogRow)`
  SELECT 'sequence' AS kind,
    format('%I.%I', n.nspname, c.relname) AS name,
    n.nspname::text AS schema,
    coalesce(owner.relation, format('%I.%I', n.nspname, c.relname)) AS relation,
    jsonb_build_object(
      'owner', pg_get_userbyid(c.relowner),
      'privileges', ${privileges(["c", "relacl"], ["c", "relowner"], "s")},
      'persistence', CASE c.relpersistence WHEN 'u' THEN 'unlogged' WHEN 't' THEN 'temporary' ELSE 'permanent' END,
      'type', format_type(s.seqtypid, NULL),
      'start', s.seqstart, 'increment', s.seqincrement, 'minimum', s.seqmin, 'maximum', s.seqmax,
      'cache', s.seqcache, 'cycle', s.seqcycle,
      'owned by', owner.relation || '.' || owner.column_name
    ) AS properties
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_sequence AS s ON s.seqrelid = c.oid
  LEFT JOIN LATERAL (
    SELECT format('%I.%I', tn.nspname, t.relname) AS relation, quote_ident(a.attname) AS column_name
    FROM pg_depend AS d
    JOIN pg_class AS t ON t.oid = d.refobjid
    JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
    JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
      AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
  ) AS owner ON TRUE
  WHERE ${ownSchema} AND c.relkind = 'S' AND ${notOfAnExtension("pg_class", ["c", "oid"])}`;
