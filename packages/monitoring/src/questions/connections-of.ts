import { type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";
import type { Scope } from "../scopes/scope.ts";

const used = sql.type(z.object({ used: z.number(), available: z.number() }));

/** How many connections a database or a role has and may have; null where there is no such one. */
export async function connectionsOf(
  on: Queryable,
  scope: Scope,
  name: string,
  timeoutMs: number,
): Promise<{ readonly used: number; readonly available: number } | null> {
  const limited =
    scope === "role"
      ? sql.fragment`(SELECT r.oid, r.rolconnlimit AS most FROM pg_catalog.pg_roles AS r WHERE r.rolname = ${name})`
      : sql.fragment`(SELECT d.oid, d.datconnlimit AS most FROM pg_catalog.pg_database AS d WHERE d.datname = ${name})`;
  const theirs = scope === "role" ? sql.fragment`a.usesysid = l.oid` : sql.fragment`a.datid = l.oid`;
  return await on.maybeOne(
    used`
      SELECT
        (
          SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity AS a
          WHERE ${theirs} AND (a.backend_type = 'client backend' OR (a.backend_type IS NULL AND a.usesysid IS NOT NULL))
        )::FLOAT8 AS used,
        -- Without a limit of its own it shares that of all.
        (CASE WHEN l.most >= 0 THEN l.most ELSE
          pg_catalog.current_setting('max_connections')::INTEGER
            - pg_catalog.current_setting('superuser_reserved_connections')::INTEGER
            - COALESCE(pg_catalog.current_setting('reserved_connections', TRUE)::INTEGER, 0)
        END)::FLOAT8 AS available
      FROM ${limited} AS l`,
    { timeoutMs },
  );
}
