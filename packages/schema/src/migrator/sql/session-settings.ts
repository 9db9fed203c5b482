import { z } from "zod";
import { sql } from "./slonik.ts";

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
 * Puts every setting that could change what a migration does to a known value.
 *
 * A script's meaning must not hang on the role's or the database's own settings: names are found in `public`,
 * times are in UTC (bounds of partitions are written as literals), and nothing but a lock ends a statement. A
 * runner that hangs inside a transaction is thrown out after a minute, so that it cannot hold locks for ever.
 */
export const applySettings = ({ lockTimeoutMs, readOnly, serverVersion }: SessionSettings) => sql.type(
  z.object({}),
)`
  SELECT
    set_config('lock_timeout', ${sql.literalValue(String(lockTimeoutMs))}, FALSE),
    set_config('statement_timeout', '0', FALSE),
    set_config('idle_session_timeout', '0', FALSE),
    set_config('idle_in_transaction_session_timeout', '60000', FALSE),
    set_config('search_path', 'public', FALSE),
    set_config('client_encoding', 'UTF8', FALSE),
    set_config('standard_conforming_strings', 'on', FALSE),
    set_config('check_function_bodies', 'on', FALSE),
    set_config('TimeZone', 'UTC', FALSE),
    set_config('DateStyle', 'ISO, MDY', FALSE),
    set_config('default_transaction_isolation', 'read committed', FALSE)
    ${serverVersion >= 170_000 ? sql.fragment`, set_config('transaction_timeout', '0', FALSE)` : sql.fragment``}
    ${readOnly ? sql.fragment`, set_config('default_transaction_read_only', 'on', FALSE)` : sql.fragment``}
`;
