import { sql } from "@mister-smith/client";
import { z } from "zod";

// Whoever may not look at others is not even told what kind of process it is; those of the server itself have no role.
const isClient = sql.fragment`coalesce(
  a.backend_type = 'client backend', a.usesysid IS NOT NULL
)`;

const connectionGroup = z.object({
  application: z.string(),
  role: z.string(),
  state: z.string(),
  connections: z.int(),
  longestMs: z.number().nullable(),
});

/** Connections to this database that are called the same and do the same. */
export type ConnectionGroup = z.output<typeof connectionGroup>;

/** Who is connected to this database and what they do; whoever may not see that is told `hidden`. */
export const selectConnections = sql.type(connectionGroup)`
  SELECT
    coalesce(nullif(a.application_name, ''), '(no name)') AS application,
    coalesce(a.usename::TEXT, '(unknown)') AS role,
    coalesce(a.state, 'hidden') AS state,
    count(*)::INTEGER AS connections,
    max(extract(EPOCH FROM pg_catalog.clock_timestamp() - a.state_change) * 1000)::FLOAT8 AS "longestMs"
  FROM pg_catalog.pg_stat_activity AS a
  WHERE a.datname = pg_catalog.current_database() AND ${isClient}
  GROUP BY 1, 2, 3
  ORDER BY 4 DESC, 1, 2, 3
`;

const connectionLimits = z.object({
  used: z.int(),
  max: z.int(),
  reserved: z.int(),
  database: z.string(),
  databaseUsed: z.int(),
  databaseLimit: z.int().nullable(),
});

/** How many connections there are to a server, and how many there may be. */
export type ConnectionLimits = z.output<typeof connectionLimits>;

/** The limits of the server and of this database, against what is used. */
export const selectConnectionLimits = sql.type(connectionLimits)`
  SELECT
    (SELECT count(*)::INTEGER FROM pg_catalog.pg_stat_activity AS a WHERE ${isClient}) AS used,
    pg_catalog.current_setting('max_connections')::INTEGER AS max,
    pg_catalog.current_setting('superuser_reserved_connections')::INTEGER
      + coalesce(pg_catalog.current_setting('reserved_connections', TRUE)::INTEGER, 0) AS reserved,
    d.datname::TEXT AS database,
    (SELECT count(*)::INTEGER FROM pg_catalog.pg_stat_activity AS a WHERE a.datid = d.oid AND ${isClient})
      AS "databaseUsed",
    nullif(d.datconnlimit, -1) AS "databaseLimit"
  FROM pg_catalog.pg_database AS d
  WHERE d.datname = pg_catalog.current_database()
`;

const roleLimit = z.object({ role: z.string(), used: z.int(), limit: z.int() });

/** How many connections a role has, and how many it may have. */
export type RoleLimit = z.output<typeof roleLimit>;

/** The roles that have a limit of their own. */
export const selectRoleLimits = sql.type(roleLimit)`
  SELECT
    r.rolname::TEXT AS role,
    (SELECT count(*)::INTEGER FROM pg_catalog.pg_stat_activity AS a WHERE a.usesysid = r.oid) AS used,
    r.rolconnlimit AS limit
  FROM pg_catalog.pg_roles AS r
  WHERE r.rolconnlimit >= 0 AND r.rolcanlogin
  ORDER BY r.rolname
`;
