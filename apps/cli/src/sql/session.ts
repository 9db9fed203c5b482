import { sql } from "@mister-smith/client";
import { z } from "zod";

const setting = z.object({ value: z.string() });

/** How long a statement of this connection may wait for a lock, in milliseconds; 0 is without limit. */
export function setLockTimeout(timeoutMs: number) {
  return sql.type(setting)`
    SELECT pg_catalog.set_config('lock_timeout', ${String(timeoutMs)}, FALSE) AS value
  `;
}
