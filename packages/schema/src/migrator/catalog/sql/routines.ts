import {
  type CatalogQuery,
  catalogRow,
  notOfAnExtension,
  ownSchema,
  privileges,
  sql,
} from "./catalog-row.ts";

/** Functions, procedures, window functions and aggregates, each property by itself. */
export const routines: CatalogQuery = sql.type(catalogRow)`
  SELECT
    CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' WHEN 'w' THEN 'window function'
      ELSE 'function' END AS kind,
    format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes)) AS name,
    n.nspname::text AS schema,
    NULL AS relation,
    jsonb_build_object(
      'owner', pg_get_userbyid(p.proowner),
      'privileges', ${privileges(["p", "proacl"], ["p", "proowner"], "f")},
      'arguments', pg_get_function_arguments(p.oid),
      'returns', pg_get_function_result(p.oid),
      'language', l.lanname,
      'volatility', CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END,
      'parallel', CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' ELSE 'unsafe' END,
      'strict', p.proisstrict,
      'leakproof', p.proleakproof,
      'security definer', p.prosecdef,
      'settings', to_jsonb(p.proconfig),
      'cost', p.procost,
      'rows', p.prorows,
      'support', nullif(p.prosupport::oid, 0)::regproc::text,
      'body', coalesce(pg_get_function_sqlbody(p.oid), p.prosrc),
      'library', p.probin
    ) || coalesce((
      SELECT jsonb_build_object('aggregate', jsonb_build_object(
        'kind', g.aggkind, 'direct arguments', g.aggnumdirectargs,
        'transition', g.aggtransfn::regproc::text, 'final', g.aggfinalfn::regproc::text,
        'combine', g.aggcombinefn::regproc::text, 'serial', g.aggserialfn::regproc::text,
        'deserial', g.aggdeserialfn::regproc::text,
        'moving', jsonb_build_array(g.aggmtransfn::regproc::text, g.aggminvtransfn::regproc::text,
                                    g.aggmfinalfn::regproc::text, format_type(nullif(g.aggmtranstype, 0), NULL),
                                    g.aggmtransspace, g.aggminitval, g.aggmfinalextra, g.aggmfinalmodify),
        'final extra', g.aggfinalextra, 'final modify', g.aggfinalmodify,
        'sort operator', nullif(g.aggsortop, 0)::regoperator::text,
        'state type', format_type(g.aggtranstype, NULL), 'state space', g.aggtransspace, 'initial', g.agginitval))
      FROM pg_aggregate AS g WHERE g.aggfnoid = p.oid
    ), '{}') AS properties
  FROM pg_proc AS p
  JOIN pg_namespace AS n ON n.oid = p.pronamespace
  JOIN pg_language AS l ON l.oid = p.prolang
  WHERE ${ownSchema} AND ${notOfAnExtension("pg_proc", ["p", "oid"])}
    -- The functions that a range type brings along are the type's own.
    AND NOT EXISTS (
      SELECT FROM pg_depend AS d
      WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i' AND d.refclassid = 'pg_type'::regclass
    )`;
