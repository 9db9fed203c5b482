import {
  type CatalogQuery,
  catalogRow,
  notOfAnExtension,
  ownSchema,
  privileges,
  sql,
} from "./catalog-row.ts";

/** Operators. */
export const operators: CatalogQuery = sql.type(catalogRow)`
  SELECT 'operator' AS kind, o.oid::regoperator::text AS name, n.nspname::text AS schema, NULL AS relation,
    jsonb_build_object(
      'owner', pg_get_userbyid(o.oprowner),
      'function', o.oprcode::regproc::text,
      'result', format_type(o.oprresult, NULL),
      'commutator', nullif(o.oprcom, 0)::regoperator::text,
      'negator', nullif(o.oprnegate, 0)::regoperator::text,
      'restrict', o.oprrest::regproc::text,
      'join', o.oprjoin::regproc::text,
      'merges', o.oprcanmerge,
      'hashes', o.oprcanhash
    ) AS properties
  FROM pg_operator AS o
  JOIN pg_namespace AS n ON n.oid = o.oprnamespace
  WHERE ${ownSchema} AND ${notOfAnExtension("pg_operator", ["o", "oid"])}`;

/** Operator classes. */
export const operatorClasses: CatalogQuery = sql.type(catalogRow)`
  SELECT 'operator class' AS kind, format('%I.%I using %s', n.nspname, o.opcname, am.amname) AS name,
    n.nspname::text AS schema, NULL AS relation,
    jsonb_build_object(
      'owner', pg_get_userbyid(o.opcowner),
      'type', format_type(o.opcintype, NULL),
      'default', o.opcdefault,
      'storage', format_type(nullif(o.opckeytype, 0), NULL),
      'family', f.opfname
    ) AS properties
  FROM pg_opclass AS o
  JOIN pg_namespace AS n ON n.oid = o.opcnamespace
  JOIN pg_am AS am ON am.oid = o.opcmethod
  JOIN pg_opfamily AS f ON f.oid = o.opcfamily
  WHERE ${ownSchema} AND ${notOfAnExtension("pg_opclass", ["o", "oid"])}`;

/** Operator families with their operators and support functions. */
export const operatorFamilies: CatalogQuery = sql.type(catalogRow)`
  SELECT 'operator family' AS kind, format('%I.%I using %s', n.nspname, f.opfname, am.amname) AS name,
    n.nspname::text AS schema, NULL AS relation,
    jsonb_build_object(
      'owner', pg_get_userbyid(f.opfowner),
      'operators', (SELECT jsonb_agg(m.amopopr::regoperator::text || ' ' || m.amopstrategy ORDER BY m.amopstrategy,
                    m.amopopr::regoperator::text) FROM pg_amop AS m WHERE m.amopfamily = f.oid),
      'functions', (SELECT jsonb_agg(m.amproc::regprocedure::text || ' ' || m.amprocnum ORDER BY m.amprocnum,
                    m.amproc::regprocedure::text) FROM pg_amproc AS m WHERE m.amprocfamily = f.oid)
    ) AS properties
  FROM pg_opfamily AS f
  JOIN pg_namespace AS n ON n.oid = f.opfnamespace
  JOIN pg_am AS am ON am.oid = f.opfmethod
  WHERE ${ownSchema} AND ${notOfAnExtension("pg_opfamily", ["f", "oid"])}`;

// The first OID that initdb does not use: what has a greater one was created by somebody.
const ours = sql.fragment`16384`;

/** Casts, transforms, conversions, access methods and languages that did not come with the server. */
export const languageObjects: CatalogQuery = sql.type(catalogRow)`
  SELECT 'cast' AS kind, format('%s as %s', format_type(c.castsource, NULL), format_type(c.casttarget, NULL)) AS name,
    NULL AS schema, NULL AS relation,
    jsonb_build_object('function', nullif(c.castfunc, 0)::regprocedure::text, 'context', c.castcontext,
                       'method', c.castmethod) AS properties
  FROM pg_cast AS c
  WHERE c.oid >= ${ours} AND ${notOfAnExtension("pg_cast", ["c", "oid"])}
    -- A range type brings the cast to its multirange along.
    AND NOT EXISTS (SELECT FROM pg_range AS r WHERE r.rngtypid = c.castsource AND r.rngmultitypid = c.casttarget)
  UNION ALL
  SELECT 'transform', format('%s for %s', format_type(t.trftype, NULL), l.lanname), NULL, NULL,
    jsonb_build_object('from sql', t.trffromsql::regproc::text, 'to sql', t.trftosql::regproc::text)
  FROM pg_transform AS t JOIN pg_language AS l ON l.oid = t.trflang
  WHERE t.oid >= ${ours} AND ${notOfAnExtension("pg_transform", ["t", "oid"])}
  UNION ALL
  SELECT 'conversion', format('%I.%I', n.nspname, c.conname), n.nspname::text, NULL,
    jsonb_build_object('owner', pg_get_userbyid(c.conowner), 'from', pg_encoding_to_char(c.conforencoding),
      'to', pg_encoding_to_char(c.contoencoding), 'function', c.conproc::regproc::text, 'default', c.condefault)
  FROM pg_conversion AS c JOIN pg_namespace AS n ON n.oid = c.connamespace
  WHERE ${ownSchema} AND ${notOfAnExtension("pg_conversion", ["c", "oid"])}
  UNION ALL
  SELECT 'access method', a.amname::text, NULL, NULL,
    jsonb_build_object('handler', a.amhandler::regproc::text, 'type', a.amtype)
  FROM pg_am AS a
  WHERE a.oid >= ${ours} AND ${notOfAnExtension("pg_am", ["a", "oid"])}
  UNION ALL
  SELECT 'language', l.lanname::text, NULL, NULL,
    jsonb_build_object('owner', pg_get_userbyid(l.lanowner), 'trusted', l.lanpltrusted,
      'privileges', ${privileges(["l", "lanacl"], ["l", "lanowner"], "l")})
  FROM pg_language AS l
  WHERE l.oid >= ${ours} AND l.lanispl AND ${notOfAnExtension("pg_language", ["l", "oid"])}`;
