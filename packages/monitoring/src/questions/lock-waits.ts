import { type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";

const waiting = z.object({
  pid: z.int(),
  /** Who must end first; several where a lock is shared. */
  blockedBy: z.array(z.int()),
  /** For how long it has waited, in milliseconds; null for who holds a lock, and waits for none. */
  waitedMs: z.number().nullable(),
  /** What it waits for: a lock's kind and its relation; null for who waits for none. */
  waitsFor: z.string().nullable(),
  application: z.string(),
  role: z.string().nullable(),
  state: z.string().nullable(),
  /** For how long its transaction is open, in milliseconds; null without one, or without the right to see it. */
  transactionMs: z.number().nullable(),
  statement: z.string().nullable(),
});

/** A connection that waits for a lock, or that others wait for. */
export type LockWait = z.output<typeof waiting>;

/** All who wait for a lock and all that they wait for, those first that wait for nobody. */
export async function lockWaits(on: Queryable, timeoutMs: number): Promise<readonly LockWait[]> {
  return await on.any(
    sql.type(waiting)`
      WITH blocked AS MATERIALIZED (
        SELECT DISTINCT ON (l.pid)
          l.pid, pg_catalog.pg_blocking_pids(l.pid) AS blockers, l.waitstart,
          l.mode || COALESCE(' on ' || l.relation::REGCLASS::TEXT, ' of a ' || l.locktype) AS target
        FROM pg_catalog.pg_locks AS l
        WHERE NOT l.granted
        ORDER BY l.pid, l.waitstart
      ),
      involved AS (
        SELECT b.pid FROM blocked AS b
        UNION
        SELECT u.pid FROM blocked AS b CROSS JOIN LATERAL pg_catalog.unnest(b.blockers) AS u (pid)
      )
      SELECT
        i.pid AS "pid", COALESCE(b.blockers, '{}') AS "blockedBy",
        (EXTRACT(epoch FROM pg_catalog.clock_timestamp() - b.waitstart) * 1000)::FLOAT8 AS "waitedMs",
        b.target AS "waitsFor",
        COALESCE(NULLIF(a.application_name, ''), '(no name)') AS "application", a.usename::TEXT AS "role",
        a.state AS "state",
        (EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.xact_start) * 1000)::FLOAT8 AS "transactionMs",
        a.query AS "statement"
      FROM involved AS i
      LEFT JOIN blocked AS b ON b.pid = i.pid
      LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = i.pid
      ORDER BY b.pid IS NOT NULL, b.waitstart NULLS LAST, i.pid`,
    { timeoutMs },
  );
}
