import { z } from "zod";
import { command, literalText, sql } from "./slonik.ts";

const who = z.object({ pid: z.number(), role: z.string(), server_version: z.coerce.number() });

/** Who this session is to the server. */
export const identifySession = sql.type(who)`
  SELECT
    pg_backend_pid() AS pid,
    current_user::text AS role,
    current_setting('server_version_num') AS server_version
`;

/** What the settings of a migration session depend on. */
export interface SessionSettings {
  readonly lockTimeoutMs: number;
  readonly readOnly: boolean;
  readonly serverVersion: number;
}

/**
 * Puts every setting that could change what a migration does to a known value, as one text.
 *
 * A script's meaning must not hang on the role's or the database's own settings: names are found in `public`,
 * times are in UTC (bounds of partitions are written as literals), and nothing but a lock ends a statement. A
 * runner that hangs inside a transaction is thrown out after a minute, so that it cannot hold locks for ever.
 *
 * Sent after every file. Plain SET, since a call of set_config for each would take ten times as long.
 */
export function applySettings({ lockTimeoutMs, readOnly, serverVersion }: SessionSettings): string {
  return [
    command`RESET SESSION AUTHORIZATION`,
    command`RESET ALL`,
    command`SET lock_timeout = ${sql.literalValue(String(lockTimeoutMs))}`,
    command`SET statement_timeout = 0`,
    command`SET idle_session_timeout = 0`,
    command`SET idle_in_transaction_session_timeout = '60s'`,
    command`SET search_path = public`,
    command`SET client_encoding = 'UTF8'`,
    command`SET standard_conforming_strings = on`,
    command`SET check_function_bodies = on`,
    command`SET TimeZone = 'UTC'`,
    command`SET DateStyle = 'ISO, MDY'`,
    command`SET default_transaction_isolation = 'read committed'`,
    ...(serverVersion >= 170_000 ? [command`SET transaction_timeout = 0`] : []),
    ...(readOnly ? [command`SET default_transaction_read_only = on`] : []),
  ]
    .map((statement) => `${literalText(statement)};`)
    .join(" ");
}
