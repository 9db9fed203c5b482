import type { QueryOptions } from "../../queryable/query-options.ts";
import { sql } from "../../statement/sql.ts";

/** How attempts are to be ended. */
export interface EndOptions extends QueryOptions {
  /** How long the statement may wait for a lock, in milliseconds; outside a transaction only. Default: as its session says. */
  readonly lockWaitMs?: number;
}

/**
 * An argument of a function that waits for a lock for so long at most: what is set while the arguments are evaluated holds
 * until the statement has ended, and costs no turn of its own.
 */
export function withLockWait(argument: ReturnType<typeof sql.fragment>, lockWaitMs: number | undefined) {
  if (lockWaitMs === undefined) return argument;
  return sql.fragment`CASE
    WHEN pg_catalog.set_config('lock_timeout', ${String(lockWaitMs)}, true) IS NOT NULL THEN ${argument}
  END`;
}
