import {
  type CatalogQuery,
  catalogRow,
  notOfAnExtension,
  ownSchema,
  sortedOptions,
  sql,
} from "./catalog-row.ts";

/** Constraints of tables and domains, NOT NULL ones included where the server keeps them (PostgreSQL 18). */
export const constraints: CatalogQuery = sql.type(catalogRow)`
  SELECT 'constraint' AS kind,
    format('%s.%I', owner.name, k.conname) AS name,
    n.nspname::text AS schema,
    CASE WHEN k.conrelid <> 0 THEN owner.name END AS relation,
    jsonb_build_object(
      -- What a partition has from its parent is written there, and the server keeps both alike.
      'definition', CASE WHEN k.conislocal AND k.conparentid = 0 THEN pg_get_constraintdef(k.oid) END,
      'validated', k.convalidated,
      -- A column of PostgreSQL 18; NULL before.
      'enforced', to_jsonb(k) -> 'conenforced',
      'deferrable', k.condeferrable,
      'initially deferred', k.condeferred,
      'local', k.conislocal,
      'inherited times', k.coninhcount,
      'not inherited', k.connoinherit,
      'parent', (SELECT parent.conrelid::regclass::text || '.' || quote_ident(parent.conname)
                 FROM pg_constraint AS parent WHERE parent.oid = k.conparentid),
      -- ALTER TABLE … DISABLE TRIGGER ALL switches off a foreign key by its hidden triggers.
      'triggers', CASE WHEN k.contype = 'f' THEN (
        SELECT jsonb_agg(DISTINCT g.tgenabled) FROM pg_trigger AS g WHERE g.tgconstraint = k.oid AND g.tgisinternal) END
    ) AS properties
  FROM pg_constraint AS k
  JOIN pg_namespace AS n ON n.oid = k.connamespace
  CROSS JOIN LATERAL (
    SELECT CASE WHEN k.conrelid <> 0 THEN k.conrelid::regclass::text ELSE k.contypid::regtype::text END AS name
  ) AS owner
  WHERE ${ownSchema} AND (k.conrelid <> 0 OR k.contypid <> 0)
    AND k.contype <> 't'
    AND ${notOfAnExtension("pg_constraint", ["k", "oid"])}
    AND ${notOfAnExtension("pg_class", ["k", "conrelid"])}
    AND ${notOfAnExtension("pg_type", ["k", "contypid"])}`;

/** Indexes; an invalid one, as an interrupted CREATE INDEX CONCURRENTLY leaves it, reads differently. */
export const indexes: CatalogQuery = sql.type(catalogRow)`
  SELECT 'index' AS kind,
    format('%I.%I', n.nspname, c.relname) AS name,
    n.nspname::text AS schema,
    i.indrelid::regclass::text AS relation,
    jsonb_build_object(
      'definition', CASE WHEN NOT c.relispartition THEN pg_get_indexdef(i.indexrelid) END,
      'valid', i.indisvalid,
      'ready', i.indisready,
      'primary', i.indisprimary,
      'unique', i.indisunique,
      'exclusion', i.indisexclusion,
      'immediate', i.indimmediate,
      'clustered', i.indisclustered,
      'replica identity', i.indisreplident,
      'options', ${sortedOptions(["c", "reloptions"])},
      'tablespace', (SELECT s.spcname FROM pg_tablespace AS s WHERE s.oid = c.reltablespace),
      'parent', (SELECT h.inhparent::regclass::text FROM pg_inherits AS h WHERE h.inhrelid = c.oid),
      'statistics targets', (SELECT jsonb_object_agg(a.attnum, a.attstattarget) FROM pg_attribute AS a
                             WHERE a.attrelid = c.oid AND a.attstattarget >= 0)
    ) AS properties
  FROM pg_index AS i
  JOIN pg_class AS c ON c.oid = i.indexrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE ${ownSchema} AND ${notOfAnExtension("pg_class", ["i", "indrelid"])}`;

/** Statistics objects (CREATE STATISTICS). */
export const statistics: CatalogQuery = sql.type(catalogRow)`
  SELECT 'statistics object' AS kind,
    format('%I.%I', n.nspname, s.stxname) AS name,
    n.nspname::text AS schema,
    s.stxrelid::regclass::text AS relation,
    jsonb_build_object(
      'owner', pg_get_userbyid(s.stxowner),
      'definition', pg_get_statisticsobjdef(s.oid),
      'target', nullif(s.stxstattarget, -1)
    ) AS properties
  FROM pg_statistic_ext AS s
  JOIN pg_namespace AS n ON n.oid = s.stxnamespace
  WHERE ${ownSchema} AND ${notOfAnExtension("pg_statistic_ext", ["s", "oid"])}`;
