import { ClientError, type Database, type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";
import type { IndexedTable } from "./index-statement.ts";

const noRow = sql.type(z.object({}));

/**
 * Lets one at a time change the indexes of a table: whoever comes second would take the first one's half-built index for a
 * leftover. The lock is of a session of its own that does nothing meanwhile, as a concurrent build waits for whoever does.
 *
 * @throws ClientError `WRONG_STATUS` when somebody is at it
 */
export async function oneBuilder<Result>(
  database: Pick<Database, "connect">,
  { schema, name }: IndexedTable,
  work: () => Promise<Result>,
): Promise<Result> {
  return await database.connect(
    async (guard) => {
      const key = `mister-smith index of ${JSON.stringify([schema, name])}`;
      const isFirst = await guard.oneFirst(sql.type(z.object({ isFirst: z.boolean() }))`
        SELECT pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended(${key}, 0)) AS "isFirst"`);
      if (!isFirst) throw isBuilt(schema, name);
      try {
        return await work();
      } finally {
        // Else it is held until the connection's next user has it reset.
        await guard.query(noRow`
          SELECT pg_catalog.pg_advisory_unlock(pg_catalog.hashtextextended(${key}, 0))`);
      }
    },
    { timeoutMs: Number.POSITIVE_INFINITY },
  );
}

/**
 * Throws where somebody else builds an index of the table, or of a part of it, right now, by whatever means.
 *
 * @throws ClientError `WRONG_STATUS`
 */
export async function refuseWhileBuilding(on: Queryable, { schema, name }: IndexedTable): Promise<void> {
  // Who may not see what another one builds sees that he does, and the lock for it.
  const isBuilding = await on.exists(sql.type(z.object({}))`
    SELECT
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = ${schema}
    LEFT JOIN pg_catalog.pg_inherits AS h ON h.inhparent = c.oid
    JOIN pg_catalog.pg_locks AS l ON l.relation IN (c.oid, h.inhrelid) AND l.locktype = 'relation'
    JOIN pg_catalog.pg_stat_progress_create_index AS p ON p.pid = l.pid AND p.datid = l.database
    WHERE c.relname = ${name} AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock')
      AND p.datname = pg_catalog.current_database()`);
  if (isBuilding) throw isBuilt(schema, name);
}

const isBuilt = (schema: string, name: string) =>
  new ClientError("WRONG_STATUS", `an index of ${schema}.${name} is being built right now`, {
    hint: "Run the command again when that is over; `smith monitor locks` shows what it waits for.",
  });
