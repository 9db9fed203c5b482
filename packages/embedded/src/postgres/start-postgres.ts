import { type ServerHost, serverHost } from "../server-host.ts";
import type { EmbeddedPostgres } from "./embedded-postgres.ts";
import { choosePort, PostgresServer } from "./postgres-server.ts";
import { prepareCluster } from "./prepare-cluster.ts";
import { presentLibraries } from "./present-libraries.ts";
import type { StartPostgresOptions } from "./start-postgres-options.ts";
import { startReplica } from "./start-replica.ts";

/**
 * Starts a PostgreSQL server; it takes connections when the promise resolves.
 *
 * @throws SmithError `SERVER_NOT_FOUND`, `PORT_TAKEN`, `DATA_FOLDER_IN_USE`, `DATA_FOLDER_NOT_EMPTY`,
 *   `DATA_FOLDER_MAJOR_MISMATCH`, `DISK_FULL`, `INIT_FAILED`, `SERVER_NOT_STARTED`, `BAD_SETTING`
 */
export function startPostgres(options: StartPostgresOptions = {}): Promise<EmbeddedPostgres> {
  return startPostgresOn(serverHost(options.lifetime ?? "parent"), options);
}

/** The same on a host that is shared with other servers. */
export async function startPostgresOn(
  host: ServerHost,
  wanted: StartPostgresOptions,
): Promise<EmbeddedPostgres> {
  const cluster = await prepareCluster(wanted, host);
  const port = await choosePort(wanted.port);
  const present = await presentLibraries(cluster.postgres, wanted.preloadWhenPresent ?? []);
  const options = { ...wanted, preload: [...(wanted.preload ?? []), ...present] };
  const server = new PostgresServer({ options, cluster, host, port, startReplica });
  await server.startOrDiscard();
  return server;
}
