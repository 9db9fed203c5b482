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
  /** Whether the server can notice while a statement runs that its client is gone: see {@link watchClient}. */
  readonly watchesClient: boolean;
}

/**
 * Makes the server look every two seconds whether its client is still there. A runner that was killed would
 * otherwise keep its locks, the runners' lock among them, until its statement has come to its end. Servers
 * on systems that cannot do that refuse the setting.
 */
export const watchClient = command`SET client_connection_check_interval = '2s'`;

/**
 * Puts every setting that could change what a migration does to a known value, as one text.
 *
 * A script's meaning must not hang on the role's or the database's own settings: names are found in `public`,
 * times are in UTC (bounds of partitions are written as literals), and nothing but a lock ends a statement. A
 * runner that hangs inside a transaction is thrown out after a minute, so that it cannot hold locks for ever.
 *
 * Sent after every file. Plain SET, since a call of set_config for each would take ten times as long.
 */
export function applySettings(settings: SessionSettings): string {
  const { lockTimeoutMs, readOnly, serverVersion, watchesClient } = settings;
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
    ...(watchesClient ? [watchClient] : []),
    ...(readOnly ? [command`SET default_transaction_read_only = on`] : []),
  ]
    .map((statement) => `${literalText(statement)};`)
    .join(" ");
}
