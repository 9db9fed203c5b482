import { type EmbeddedPostgres, startPostgres } from "@mister-smith/embedded";
import pg from "pg";

/** Starts a server with durable commits, hands it to `work`, and leaves nothing of it behind. */
export async function withPostgres(work: (server: EmbeddedPostgres) => Promise<void>): Promise<void> {
  await using server = await startPostgres({ settings: { shared_buffers: "256MB", max_wal_size: "4GB" } });
  await work(server);
}

export function serverFacts(server: EmbeddedPostgres): Record<string, string> {
  return {
    postgres: `${server.version.full}, on loopback`,
    settings: "shared_buffers 256MB, max_wal_size 4GB, fsync and synchronous_commit on, the rest as shipped",
  };
}

/** Connects to a database of the server. The caller ends the client. */
export async function connect(server: EmbeddedPostgres, database: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: urlOf(server, database),
    application_name: "smith bench",
  });
  await client.connect();
  return client;
}

/** The server's URL with another database. */
export function urlOf(server: EmbeddedPostgres, database: string): string {
  const url = new URL(server.url);
  url.pathname = `/${database}`;
  return url.href;
}

/** Runs `work` on a new, empty database of the server, which is dropped afterwards. */
export async function withDatabase<T>(
  server: EmbeddedPostgres,
  name: string,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const admin = await connect(server, "postgres");
  try {
    await admin.query(`CREATE DATABASE ${admin.escapeIdentifier(name)}`);
    return await work(urlOf(server, name));
  } finally {
    await admin.query(`DROP DATABASE IF EXISTS ${admin.escapeIdentifier(name)} WITH (FORCE)`);
    await admin.end();
  }
}
