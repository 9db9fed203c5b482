import { type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";
import { roleLimits, type ServerConfiguration } from "./advise-configuration.ts";
import { wantedSettings } from "./wanted-settings.ts";

const setting = sql.type(
  z.object({
    name: z.string(),
    setting: z.string(),
    unit: z.string().nullable(),
    context: z.string(),
    pendingRestart: z.boolean(),
    source: z.string(),
  }),
);
const role = sql.type(z.object({ name: z.string(), connectionLimit: z.int() }));

const override = sql.type(
  z.object({
    name: z.string(),
    setting: z.string(),
    unit: z.string().nullable(),
    database: z.string().nullable(),
    role: z.string().nullable(),
  }),
);

/** What may be set for a database or a role, and then says how long sessions may hold others up. */
const limitedTimes = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"];
/** Settings that others go by. */
const alsoNeeded = ["vacuum_cost_limit", "max_connections"];

/**
 * How a server is set for new sessions: what {@link adviseConfiguration} goes by. What only a superuser may see of it is left
 * out for others.
 *
 * @throws ClientError or DatabaseError when it cannot be read
 */
export async function readConfiguration(on: Queryable, timeoutMs: number): Promise<ServerConfiguration> {
  const names = [...wantedSettings.map(({ name }) => name), ...alsoNeeded];
  const options = { timeoutMs };
  const seen = await on.any(selectSettings(names), options);
  // Of these, this session shows what it was given by its own client.
  const ours = seen.filter(({ source }) => source === "client").map(({ name }) => name);
  const { mayRead } = await on.one(mayReadFiles, options);
  const kept = ours.length > 0 && mayRead ? await on.any(selectFileSettings(ours), options) : [];
  const libraries = await on.any(selectLibraries, options);
  return {
    settings: [...seen.filter(({ name }) => !ours.includes(name)), ...kept],
    roles: await on.any(selectRoles(Object.keys(roleLimits)), options),
    overrides: await on.any(selectOverrides(limitedTimes, Object.keys(roleLimits)), options),
    libraries: libraries.map(({ name }) => name),
  };
}

function selectSettings(names: readonly string[]) {
  return setting`
    SELECT s.name, s.setting, s.unit, s.context, s.pending_restart AS "pendingRestart", s.source
    FROM pg_catalog.pg_settings AS s
    WHERE s.name = ANY (${sql.array(names, "text")})
    ORDER BY s.name`;
}

const mayReadFiles = sql.type(z.object({ mayRead: z.boolean() }))`
  SELECT pg_catalog.has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'EXECUTE') AS "mayRead"`;

/** Times, as the server's files have them, else as PostgreSQL ships. */
function selectFileSettings(names: readonly string[]) {
  return setting`
    SELECT
      s.name, s.unit, s.context, s.pending_restart AS "pendingRestart", s.source,
      CASE
        WHEN f.setting IS NULL THEN s.boot_val
        WHEN f.setting ~ '^[0-9]+$' THEN f.setting
        ELSE (EXTRACT(epoch FROM f.setting::INTERVAL) * 1000)::BIGINT::TEXT
      END AS setting
    FROM pg_catalog.pg_settings AS s
    LEFT JOIN LATERAL (
      SELECT x.setting FROM pg_catalog.pg_file_settings AS x WHERE x.name = s.name AND x.applied ORDER BY x.seqno DESC LIMIT 1
    ) AS f ON TRUE
    WHERE s.name = ANY (${sql.array(names, "text")})
    ORDER BY s.name`;
}

function selectRoles(names: readonly string[]) {
  return role`
    SELECT r.rolname::TEXT AS name, r.rolconnlimit AS "connectionLimit"
    FROM pg_catalog.pg_roles AS r
    WHERE r.rolname = ANY (${sql.array(names, "text")})
    ORDER BY r.rolname`;
}

/** Times of this database and of these roles, in milliseconds. */
function selectOverrides(names: readonly string[], roles: readonly string[]) {
  return override`
    SELECT
      s.name, s.unit, d.datname::TEXT AS database, r.rolname::TEXT AS role,
      CASE
        WHEN o.value ~ '^-?[0-9]+$' THEN o.value
        ELSE (EXTRACT(epoch FROM o.value::INTERVAL) * 1000)::BIGINT::TEXT
      END AS setting
    FROM pg_catalog.pg_db_role_setting AS x
    CROSS JOIN LATERAL (
      SELECT pg_catalog.split_part(c.entry, '=', 1) AS name, pg_catalog.split_part(c.entry, '=', 2) AS value
      FROM pg_catalog.unnest(x.setconfig) AS c (entry)
    ) AS o
    JOIN pg_catalog.pg_settings AS s ON s.name = o.name
    LEFT JOIN pg_catalog.pg_database AS d ON d.oid = x.setdatabase
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = x.setrole
    WHERE o.name = ANY (${sql.array([...names], "text")})
      AND (x.setdatabase = 0 OR d.datname = pg_catalog.current_database())
      AND (x.setrole = 0 OR r.rolname = ANY (${sql.array([...roles], "text")}))
    ORDER BY s.name, d.datname NULLS FIRST, r.rolname NULLS FIRST`;
}

const selectLibraries = sql.type(z.object({ name: z.string() }))`
  SELECT e.name::TEXT AS name FROM pg_catalog.pg_available_extensions AS e WHERE e.name = 'pg_stat_statements'`;
