import { sql } from "@mister-smith/client";
import { z } from "zod";

const aboutServer = z.object({
  version: z.string(),
  version_number: z.int(),
  database: z.string(),
  role: z.string(),
  is_superuser: z.boolean(),
  in_recovery: z.boolean(),
});

/** Which server this is, and as whom we are connected. */
export const selectServer = sql.type(aboutServer)`
  SELECT
    current_setting('server_version') AS version,
    current_setting('server_version_num')::INTEGER AS version_number,
    current_database()::TEXT AS database,
    current_user::TEXT AS role,
    (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) AS is_superuser,
    pg_catalog.pg_is_in_recovery() AS in_recovery
`;

const extension = z.object({
  name: z.string(),
  default_version: z.string(),
  installed_version: z.string().nullable(),
});

/** An extension that the server offers. */
export type OfferedExtension = z.output<typeof extension>;

/** Every extension the server offers, and which of them the database has. */
export const selectExtensions = sql.type(extension)`
  SELECT name::TEXT AS name, default_version, installed_version
  FROM pg_catalog.pg_available_extensions
  ORDER BY name
`;

const setting = z.object({ name: z.string(), value: z.string() });

/** A setting of the server. */
export type ServerSetting = z.output<typeof setting>;

/** The settings of these names that the server has. */
export function selectSettings(names: readonly string[]) {
  return sql.type(setting)`
    SELECT name, current_setting(name) AS value
    FROM pg_catalog.pg_settings
    WHERE name = ANY(${sql.array([...names], "text")})
    ORDER BY name
  `;
}
