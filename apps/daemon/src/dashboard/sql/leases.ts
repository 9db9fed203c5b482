import { type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";

const leaseRow = z.object({ role: z.string(), holder: z.string() });

/** Who leads which role now; a role that nobody leads is left out. */
export async function selectLeaders(on: Queryable) {
  return await on.any(sql.type(leaseRow)`
    SELECT l.role::TEXT AS role, l.holder
    FROM sync.leases AS l
    WHERE l.holder IS NOT NULL AND l.expires_at > pg_catalog.clock_timestamp()
    ORDER BY l.role`);
}
