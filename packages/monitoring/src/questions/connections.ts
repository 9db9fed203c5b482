import { type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";

const connected = z.object({
  pid: z.int(),
  application: z.string(),
  role: z.string().nullable(),
  database: z.string().nullable(),
  /** `active`, `idle in transaction` …; null where the role may not see it. */
  state: z.string().nullable(),
  /** For how long it has been in that state, in milliseconds. */
  stateMs: z.number().nullable(),
  /** For how long its transaction is open, in milliseconds; null without one, or where the role may not see it. */
  transactionMs: z.number().nullable(),
  /** How many transactions began since those whose dead rows it keeps; null where it keeps none, or that is not visible. */
  keepsTransactions: z.number().nullable(),
  waitsFor: z.string().nullable(),
  statement: z.string().nullable(),
});

/** A client's connection, and what it does. */
export type Connection = z.output<typeof connected>;

const limits = z.object({ used: z.int(), available: z.int() });

/** The connections of clients to a server. */
export interface Connections extends z.output<typeof limits> {
  /** Those with the oldest transactions first, then those that are in their state for longest. */
  readonly connections: readonly Connection[];
}

/** How many connections there are, how many there may be, and what those do that hold others up; at most so many. */
export async function connections(
  on: Queryable,
  { limit, timeoutMs }: { readonly limit: number; readonly timeoutMs: number },
): Promise<Connections> {
  const counted = await on.one(
    sql.type(limits)`
      SELECT
        (SELECT pg_catalog.count(*)::INTEGER FROM pg_catalog.pg_stat_activity AS a WHERE ${isClient}) AS used,
        ${availableConnections} AS available`,
    { timeoutMs },
  );
  const found = await on.any(
    sql.type(connected)`
      SELECT
        a.pid AS "pid", COALESCE(NULLIF(a.application_name, ''), '(no name)') AS "application", a.usename::TEXT AS "role",
        a.datname::TEXT AS "database", a.state AS "state",
        (EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.state_change) * 1000)::FLOAT8 AS "stateMs",
        (EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.xact_start) * 1000)::FLOAT8 AS "transactionMs",
        GREATEST(pg_catalog.age(a.backend_xmin), pg_catalog.age(a.backend_xid))::FLOAT8 AS "keepsTransactions",
        CASE WHEN a.state = 'active' THEN a.wait_event_type || ': ' || a.wait_event END AS "waitsFor",
        a.query AS "statement"
      FROM pg_catalog.pg_stat_activity AS a
      WHERE ${isClient} AND a.pid <> pg_catalog.pg_backend_pid()
      ORDER BY a.xact_start NULLS LAST, a.state_change NULLS LAST, a.pid
      LIMIT ${limit}`,
    { timeoutMs },
  );
  return { ...counted, connections: found };
}

/** Of what the role may not see, its kind is hidden too; those of the server itself have no role. */
export const isClient = sql.fragment`(
  a.backend_type = 'client backend' OR (a.backend_type IS NULL AND a.usesysid IS NOT NULL)
)`;

/** How many connections there may be, without those that are reserved. */
export const availableConnections = sql.fragment`(
  pg_catalog.current_setting('max_connections')::INTEGER
    - pg_catalog.current_setting('superuser_reserved_connections')::INTEGER
    - COALESCE(pg_catalog.current_setting('reserved_connections', TRUE)::INTEGER, 0)
)`;
