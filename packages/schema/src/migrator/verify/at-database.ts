import type { ClientConfig } from "pg";
import { MigrationError } from "../errors/migration-error.ts";

/**
 * The same server, another database. A URL wins over the other settings of a client, so it is rewritten itself.
 *
 * @throws {MigrationError} MIGRATION_USAGE when the connection string is no URL
 */
export function atDatabase(connection: ClientConfig, database: string): ClientConfig {
  if (connection.connectionString === undefined) return { ...connection, database };
  if (!URL.canParse(connection.connectionString)) {
    throw new MigrationError("MIGRATION_USAGE", "the connection of the scratch database is not a URL", {
      hint: "Write postgres://user@host:port/database; for a socket postgres://user@/database?host=/folder.",
    });
  }
  const url = new URL(connection.connectionString);
  url.pathname = `/${encodeURIComponent(database)}`;
  return { ...connection, connectionString: url.href };
}
