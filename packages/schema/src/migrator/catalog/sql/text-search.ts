import { type CatalogQuery, catalogRow, notOfAnExtension, ownSchema, sql } from "./catalog-row.ts";

/** Text search configurations, dictionaries, parsers and templates. */
export const textSearch: CatalogQuery = sql.type(catalogRow)`
  SELECT 'text search configuration' AS kind, format('%I.%I', n.nspname, c.cfgname) AS name,
    n.nspname::text AS schema, NULL AS relation,
    jsonb_build_object(
      'owner', pg_get_userbyid(c.cfgowner),
      'parser', (SELECT p.prsname FROM pg_ts_parser AS p WHERE p.oid = c.cfgparser),
      'mappings', (SELECT jsonb_agg(m.maptokentype || ': ' || m.mapdict::regdictionary::text
                   ORDER BY m.maptokentype, m.mapseqno) FROM pg_ts_config_map AS m WHERE m.mapcfg = c.oid)
    ) AS properties
  FROM pg_ts_config AS c JOIN pg_namespace AS n ON n.oid = c.cfgnamespace
  WHERE ${ownSchema} AND ${notOfAnExtension("pg_ts_config", ["c", "oid"])}
  UNION ALL
  SELECT 'text search dictionary', format('%I.%I', n.nspname, d.dictname), n.nspname::text, NULL,
    jsonb_build_object('owner', pg_get_userbyid(d.dictowner), 'options', d.dictinitoption,
      'template', (SELECT t.tmplname FROM pg_ts_template AS t WHERE t.oid = d.dicttemplate))
  FROM pg_ts_dict AS d JOIN pg_namespace AS n ON n.oid = d.dictnamespace
  WHERE ${ownSchema} AND ${notOfAnExtension("pg_ts_dict", ["d", "oid"])}
  UNION ALL
  SELECT 'text search parser', format('%I.%I', n.nspname, p.prsname), n.nspname::text, NULL,
    jsonb_build_object('functions', jsonb_build_array(p.prsstart::regproc::text, p.prstoken::regproc::text,
      p.prsend::regproc::text, p.prsheadline::regproc::text, p.prslextype::regproc::text))
  FROM pg_ts_parser AS p JOIN pg_namespace AS n ON n.oid = p.prsnamespace
  WHERE ${ownSchema} AND ${notOfAnExtension("pg_ts_parser", ["p", "oid"])}
  UNION ALL
  SELECT 'text search template', format('%I.%I', n.nspname, t.tmplname), n.nspname::text, NULL,
    jsonb_build_object('functions', jsonb_build_array(t.tmplinit::regproc::text, t.tmpllexize::regproc::text))
  FROM pg_ts_template AS t JOIN pg_namespace AS n ON n.oid = t.tmplnamespace
  WHERE ${ownSchema} AND ${notOfAnExtension("pg_ts_template", ["t", "oid"])}`;
