import { type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";

const roleRow = z.object({ role: z.string(), limit: z.int(), others: z.int() });

/** How many connections a role may have, and how many there are beside the one that asks. */
export interface RoleConnections {
  readonly role: string;
  /** Undefined: any number. */
  readonly limit: number | undefined;
  readonly others: number;
}

/** Asks for the limit of the role that a pool signs in as. */
export async function roleConnections(on: Queryable, signal: AbortSignal): Promise<RoleConnections> {
  const { limit, ...rest } = await on.one(
    sql.type(roleRow)`
      SELECT r.rolname AS role, CASE WHEN r.rolsuper THEN -1 ELSE r.rolconnlimit END AS limit,
        (
          SELECT count(*)::INTEGER FROM pg_stat_activity AS a
          WHERE a.usesysid = r.oid AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()
        ) AS others
      FROM pg_roles AS r
      WHERE r.rolname = session_user
    `,
    { timeoutMs: 10_000, idempotent: true, signal },
  );
  return { ...rest, limit: limit < 0 ? undefined : limit };
}
