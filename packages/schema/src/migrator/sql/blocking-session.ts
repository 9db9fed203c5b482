import { z } from "zod";
import type { BlockingSession } from "../options/migration-event.ts";
import { sql } from "./slonik.ts";

/** The row of `pg_stat_activity` of a session that stands in the way. */
export const blockingSession = z
  .object({
    pid: z.number(),
    usename: z.string().nullable(),
    application_name: z.string().nullable(),
    client_addr: z.string().nullable(),
    state: z.string().nullable(),
    query: z.string().nullable(),
    since: z.date().nullable(),
  })
  .transform(
    (row): BlockingSession => ({
      pid: row.pid,
      user: row.usename,
      application: row.application_name,
      client: row.client_addr,
      state: row.state,
      query: row.query,
      since: row.since?.toISOString() ?? null,
    }),
  );

/** Whoever keeps a session waiting for a lock at this moment. */
export const selectBlockers = (pid: number) => sql.type(blockingSession)`
  SELECT a.pid, a.usename::text, a.application_name, host(a.client_addr) AS client_addr, a.state,
    left(a.query, 200) AS query, coalesce(a.xact_start, a.backend_start) AS since
  FROM unnest(pg_blocking_pids(${pid})) AS blocker (pid)
  JOIN pg_stat_activity AS a ON a.pid = blocker.pid
`;
