import { z } from "zod";
import { blockingSession } from "./blocking-session.ts";
import { sql } from "./slonik.ts";

/** Takes the lock if it is free, and never waits for it. */
export const tryRunnerLock = (key: bigint) => sql.type(z.object({ locked: z.boolean() }))`
  SELECT pg_try_advisory_lock(${key.toString()}::bigint) AS locked
`;

/** The session that has the lock; no row when it was given back in the meantime. */
export const selectLockHolder = (key: bigint) => sql.type(blockingSession)`
  SELECT a.pid, a.usename::text, a.application_name, host(a.client_addr) AS client_addr, a.state,
    left(a.query, 200) AS query, a.backend_start AS since
  FROM pg_locks AS l
  JOIN pg_stat_activity AS a ON a.pid = l.pid
  WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND ((l.classid::bigint << 32) | l.objid::bigint) = ${key.toString()}::bigint
`;
