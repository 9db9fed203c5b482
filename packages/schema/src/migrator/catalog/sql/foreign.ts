import {
  type CatalogQuery,
  catalogRow,
  notOfAnExtension,
  privileges,
  sortedOptions,
  sql,
} from "./catalog-row.ts";

/** Foreign data wrappers, servers and user mappings; the options of a mapping are secrets and not read. */
export const foreignServers: CatalogQuery = sql.type(catalogRow)`
  SELECT 'foreign data wrapper' AS kind, w.fdwname::text AS name, NULL AS schema, NULL AS relation,
    jsonb_build_object(
      'owner', pg_get_userbyid(w.fdwowner),
      'privileges', ${privileges(["w", "fdwacl"], ["w", "fdwowner"], "F")},
      'handler', nullif(w.fdwhandler, 0)::regproc::text,
      'validator', nullif(w.fdwvalidator, 0)::regproc::text,
      'options', ${sortedOptions(["w", "fdwoptions"])}
    ) AS properties
  FROM pg_foreign_data_wrapper AS w
  WHERE ${notOfAnExtension("pg_foreign_data_wrapper", ["w", "oid"])}
  UNION ALL
  SELECT 'foreign server', s.srvname::text, NULL, NULL,
    jsonb_build_object(
      'owner', pg_get_userbyid(s.srvowner),
      'privileges', ${privileges(["s", "srvacl"], ["s", "srvowner"], "S")},
      'wrapper', w.fdwname, 'type', s.srvtype, 'version', s.srvversion,
      'options', ${sortedOptions(["s", "srvoptions"])}
    )
  FROM pg_foreign_server AS s JOIN pg_foreign_data_wrapper AS w ON w.oid = s.srvfdw
  WHERE ${notOfAnExtension("pg_foreign_server", ["s", "oid"])}
  UNION ALL
  SELECT 'user mapping', format('%s on %I', m.usename, m.srvname), NULL, NULL, '{}'
  FROM pg_user_mappings AS m`;
