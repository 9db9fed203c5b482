import { createSqlTag } from "@slonik/sql-tag";
import { z } from "zod";

const sql = createSqlTag();
const noRow = z.object({});

/** The major version of the server. */
export const serverMajor = () => sql.type(z.object({ major: z.number() }))`
  SELECT current_setting('server_version_num')::int / 10000 AS major
`;

/** The databases whose names begin so. */
export const databasesNamed = (prefix: string) => sql.type(z.object({ name: z.string() }))`
  SELECT datname AS name FROM pg_database WHERE starts_with(datname, ${prefix}) ORDER BY datname
`;

/** Makes a database, as a copy of another one when a template is named. */
export const createDatabase = (name: string, template: string | undefined) =>
  template === undefined
    ? sql.type(noRow)`CREATE DATABASE ${sql.identifier([name])}`
    : sql.type(noRow)`CREATE DATABASE ${sql.identifier([name])} TEMPLATE ${sql.identifier([template])}`;

export const renameDatabase = (from: string, to: string) =>
  sql.type(noRow)`ALTER DATABASE ${sql.identifier([from])} RENAME TO ${sql.identifier([to])}`;

/** Drops the database and whoever is connected to it. */
export const dropDatabase = (name: string) =>
  sql.type(noRow)`DROP DATABASE IF EXISTS ${sql.identifier([name])} WITH (FORCE)`;

/** Who is connected to the database, and what each did last. */
export const connectionsTo = (name: string) =>
  sql.type(z.object({ applicationName: z.string(), lastQuery: z.string() }))`
  SELECT application_name AS "applicationName", query AS "lastQuery"
  FROM pg_stat_activity
  WHERE datname = ${name} AND backend_type = 'client backend'
  ORDER BY backend_start
`;

/** Takes a lock of this session by name, if nobody has it. */
export const tryLock = (name: string) => sql.type(z.object({ taken: z.boolean() }))`
  SELECT pg_try_advisory_lock(hashtextextended(${name}, 0)) AS taken
`;

export const unlock = (name: string) => sql.type(z.object({ released: z.boolean() }))`
  SELECT pg_advisory_unlock(hashtextextended(${name}, 0)) AS released
`;
