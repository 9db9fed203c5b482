import { sql } from "slonik";
import { z } from "zod";

const pid = z.object({ pid: z.int() });

/** The process that serves this connection. */
export const selectBackendPid = sql.type(pid)`SELECT pg_catalog.pg_backend_pid() AS pid`;

const cancelled = z.object({ cancelled: z.boolean() });

/** Cancels what another connection runs. */
export function cancelBackend(backend: number) {
  return sql.type(cancelled)`SELECT pg_catalog.pg_cancel_backend(${backend}) AS cancelled`;
}

const setting = z.object({ value: z.string() });

/** How long a statement of this connection may wait for a lock, in milliseconds; 0 is without limit. */
export function setLockTimeout(timeoutMs: number) {
  return sql.type(setting)`
    SELECT pg_catalog.set_config('lock_timeout', ${String(timeoutMs)}, FALSE) AS value
  `;
}
