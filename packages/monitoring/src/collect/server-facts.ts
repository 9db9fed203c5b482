import { type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";
import type { ServerFacts } from "./collector.ts";

const facts = sql.type(
  z.object({
    version: z.int(),
    inRecovery: z.boolean(),
    statementsSchema: z.string().nullable(),
    hasOurSchema: z.boolean(),
  }),
);

/** Asks what decides how the server is asked for the rest. */
export async function serverFacts(on: Queryable, timeoutMs: number): Promise<ServerFacts> {
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
        -- No to_regclass(), which is refused to who may not use the schema.
        (
          SELECT pg_catalog.count(*) = 2
          FROM pg_catalog.pg_class AS c
          JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
          WHERE (n.nspname, c.relname) IN (('tasks', 'backlog'), ('sync', 'outbox_backlog'))
        ) AS "hasOurSchema"`,
    { timeoutMs },
  );
}
