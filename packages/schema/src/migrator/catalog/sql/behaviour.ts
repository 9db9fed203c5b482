import { type CatalogQuery, catalogRow, notOfAnExtension, ownSchema, sql } from "./catalog-row.ts";

/** Triggers that somebody created, with whether they are enabled. */
export const triggers: CatalogQuery = sql.type(catalogRow)`
  SELECT 'trigger' AS kind,
    format('%I.%I.%I', n.nspname, c.relname, t.tgname) AS name,
    n.nspname::text AS schema,
    format('%I.%I', n.nspname, c.relname) AS relation,
    jsonb_build_object(
      'definition', pg_get_triggerdef(t.oid),
      'enabled', CASE t.tgenabled WHEN 'O' THEN 'yes' WHEN 'D' THEN 'no' WHEN 'A' THEN 'always' ELSE 'on a replica' END,
      'cloned from the parent', t.tgparentid <> 0
    ) AS properties
  FROM pg_trigger AS t
  JOIN pg_class AS c ON c.oid = t.tgrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE ${ownSchema} AND NOT t.tgisinternal AND ${notOfAnExtension("pg_trigger", ["t", "oid"])}`;

/** Event triggers. */
export const eventTriggers: CatalogQuery = sql.type(catalogRow)`
  SELECT 'event trigger' AS kind, e.evtname::text AS name, NULL AS schema, NULL AS relation,
    jsonb_build_object(
      'owner', pg_get_userbyid(e.evtowner),
      'event', e.evtevent,
      'function', e.evtfoid::regprocedure::text,
      'enabled', e.evtenabled,
      'tags', to_jsonb(e.evttags)
    ) AS properties
  FROM pg_event_trigger AS e
  WHERE ${notOfAnExtension("pg_event_trigger", ["e", "oid"])}`;

/** Rewrite rules, other than the ones that are views. */
export const rules: CatalogQuery = sql.type(catalogRow)`
  SELECT 'rule' AS kind,
    format('%I.%I.%I', n.nspname, c.relname, r.rulename) AS name,
    n.nspname::text AS schema,
    format('%I.%I', n.nspname, c.relname) AS relation,
    jsonb_build_object('definition', pg_get_ruledef(r.oid), 'enabled', r.ev_enabled) AS properties
  FROM pg_rewrite AS r
  JOIN pg_class AS c ON c.oid = r.ev_class
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE ${ownSchema} AND r.rulename <> '_RETURN' AND ${notOfAnExtension("pg_class", ["c", "oid"])}`;

/** Row-level security policies. */
export const policies: CatalogQuery = sql.type(catalogRow)`
  SELECT 'policy' AS kind,
    format('%I.%I.%I', n.nspname, c.relname, p.polname) AS name,
    n.nspname::text AS schema,
    format('%I.%I', n.nspname, c.relname) AS relation,
    jsonb_build_object(
      'permissive', p.polpermissive,
      'command', CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                 WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
      'roles', (SELECT jsonb_agg(named.role ORDER BY named.role) FROM (
        SELECT CASE member.oid WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(member.oid)::text END AS role
        FROM unnest(p.polroles) AS member(oid)) AS named),
      'using', pg_get_expr(p.polqual, p.polrelid),
      'with check', pg_get_expr(p.polwithcheck, p.polrelid)
    ) AS properties
  FROM pg_policy AS p
  JOIN pg_class AS c ON c.oid = p.polrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE ${ownSchema}`;

/** Publications with their tables and schemas. Subscriptions reach other servers and are not read. */
export const publications: CatalogQuery = sql.type(catalogRow)`
  SELECT 'publication' AS kind, p.pubname::text AS name, NULL AS schema, NULL AS relation,
    -- The columns differ between the versions; none of the rest is an identifier of this database.
    (to_jsonb(p) - ARRAY['oid', 'pubname', 'pubowner']) || jsonb_build_object(
      'owner', pg_get_userbyid(p.pubowner),
      'tables', (SELECT jsonb_agg(line.text ORDER BY line.text) FROM (
        SELECT concat_ws(' ', r.prrelid::regclass::text,
          '(' || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute AS a
                  WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)) || ')',
          'WHERE ' || pg_get_expr(r.prqual, r.prrelid)) AS text
        FROM pg_publication_rel AS r WHERE r.prpubid = p.oid) AS line),
      'schemas', (SELECT jsonb_agg(s.nspname ORDER BY s.nspname) FROM pg_publication_namespace AS pn
                  JOIN pg_namespace AS s ON s.oid = pn.pnnspid WHERE pn.pnpubid = p.oid)
    ) AS properties
  FROM pg_publication AS p`;
