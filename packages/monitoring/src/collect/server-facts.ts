import { type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";
import type { ServerFacts } from "./collector.ts";

const facts = sql.type(
  z.object({
    version: z.int(),
    inRecovery: z.boolean(),
    statementsSchema: z.string().nullable(),
    tupleSchema: z.string().nullable(),
    hasOurSchema: z.boolean(),
    hasBloat: z.boolean(),
  }),
);

/** Asks what decides how the server is asked for the rest. */
export async function serverFacts(
  on: Queryable,
  timeoutMs: number,
): Promise<Omit<ServerFacts, "exactBytes">> {
  return await on.one(
    facts`
      SELECT
        pg_catalog.current_setting('server_version_num')::INTEGER AS version,
        pg_catalog.pg_is_in_recovery() AS "inRecovery",
        (
          SELECT n.nspname::TEXT
          FROM pg_catalog.pg_extension AS e
          JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
          -- This setting is there when the library was loaded.
          WHERE e.extname = 'pg_stat_statements'
            AND pg_catalog.current_setting('pg_stat_statements.max', TRUE) IS NOT NULL
            AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
        ) AS "statementsSchema",
        (
          SELECT pg_catalog.max(n.nspname::TEXT)
          FROM pg_catalog.pg_proc AS p
          JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
          JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_proc'::REGCLASS AND d.objid = p.oid AND d.deptype = 'e'
          JOIN pg_catalog.pg_extension AS e ON d.refclassid = 'pg_catalog.pg_extension'::REGCLASS AND e.oid = d.refobjid
          WHERE e.extname = 'pgstattuple' AND p.proname IN ('pgstattuple', 'pgstatindex')
            AND p.proargtypes = '2205'::pg_catalog.oidvector
            AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE')
          HAVING pg_catalog.count(*) = 2
        ) AS "tupleSchema",
        -- No to_regclass(), which is refused to who may not use the schema.
        (
          SELECT pg_catalog.count(*) = 2
          FROM pg_catalog.pg_class AS c
          JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
          WHERE (n.nspname, c.relname) IN (('tasks', 'backlog'), ('sync', 'outbox_backlog'))
        ) AS "hasOurSchema",
        (
          SELECT pg_catalog.count(*) = 2
          FROM pg_catalog.pg_proc AS p
          JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
          WHERE n.nspname = 'monitoring' AND p.proname IN ('table_bloat', 'index_bloat') AND p.pronargs = 0
        ) AS "hasBloat"`,
    { timeoutMs },
  );
}
