import { z } from "zod";
import { command, sql } from "../../sql/slonik.ts";

/** Makes the scratch database. */
export const createDatabase = (name: string) => command`CREATE DATABASE ${sql.identifier([name])}`;

/** Drops a scratch database with whoever is still connected to it. */
export const dropDatabase = (name: string) =>
  command`DROP DATABASE IF EXISTS ${sql.identifier([name])} WITH (FORCE)`;

/** Names the session, so that other runs can see whose scratch database is in use. */
export const nameSession = (name: string) =>
  sql.type(z.object({ name: z.string() }))`SELECT set_config('application_name', ${name}, FALSE) AS name`;

/**
 * Scratch databases of this role that no living run stands behind. A run names its session after its database
 * before it makes it, so a database without such a session was left by a run that was killed.
 */
export const findLeftovers = (databasePrefix: string, sessionPrefix: string) => sql.type(
  z.object({ name: z.string() }),
)`
  SELECT d.datname::text AS name
  FROM pg_database AS d
  WHERE starts_with(d.datname::text, ${databasePrefix})
    AND pg_has_role(d.datdba, 'USAGE')
    AND NOT EXISTS (
      SELECT FROM pg_stat_activity AS a WHERE a.application_name = ${sessionPrefix} || d.datname
    )
`;

/** All roles of the cluster, which migrations of a scratch database may create and nothing takes back. */
export const selectRoles = sql.type(z.object({ name: z.string() }))`
  SELECT rolname::text AS name FROM pg_roles ORDER BY rolname
`;
