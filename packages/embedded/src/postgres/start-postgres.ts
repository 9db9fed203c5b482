import { tmpdir } from "node:os";
import { SmithError } from "@mister-smith/errors";
import { locateData } from "../data-folder.ts";
import { explainingFileErrors } from "../file-errors.ts";
import { assertPortFree } from "../process/free-port.ts";
import { type ServerHost, serverHost } from "../server-host.ts";
import { assertNotInUse } from "./data-folder-state.ts";
import type { EmbeddedPostgres } from "./embedded-postgres.ts";
import { choosePort, PostgresServer } from "./postgres-server.ts";
import { prepareCluster } from "./prepare-cluster.ts";
import { presentLibraries } from "./present-libraries.ts";
import { settingArguments } from "./server-settings.ts";
import type { StartPostgresOptions } from "./start-postgres-options.ts";
import { startReplica } from "./start-replica.ts";

/**
 * Starts a PostgreSQL server; it takes connections when the promise resolves.
 *
 * @throws SmithError `SERVER_NOT_FOUND`, `PORT_TAKEN`, `DATA_FOLDER_IN_USE`, `DATA_FOLDER_NOT_EMPTY`,
 *   `DATA_FOLDER_MAJOR_MISMATCH`, `DISK_FULL`, `FOLDER_NOT_USABLE`, `INIT_FAILED`, `SERVER_NOT_STARTED`, `BAD_SETTING`
 */
export function startPostgres(options: StartPostgresOptions = {}): Promise<EmbeddedPostgres> {
  return startPostgresOn(serverHost(options.lifetime ?? "parent"), options);
}

/** The same on a host that is shared with other servers. */
export async function startPostgresOn(
  host: ServerHost,
  wanted: StartPostgresOptions,
): Promise<EmbeddedPostgres> {
  await assertFitToStart(wanted);
  const cluster = await explainingFileErrors(wanted.dataDir ?? tmpdir(), "PostgreSQL", () =>
    prepareCluster(wanted, host),
  );
  const port = await choosePort(wanted.port);
  const present = await presentLibraries(cluster.postgres, wanted.preloadWhenPresent ?? []);
  const options = { ...wanted, preload: [...(wanted.preload ?? []), ...present] };
  const server = new PostgresServer({ options, cluster, host, port, startReplica });
  await explainingFileErrors(server.dataDir, "PostgreSQL", () => server.startOrDiscard());
  return server;
}

/** What can be known to be wrong is said before a cluster is made for it. */
async function assertFitToStart(wanted: StartPostgresOptions): Promise<void> {
  assertPassword(wanted.password);
  settingArguments(wanted, wanted.port ?? 0);
  if (wanted.port === undefined) return;
  // A server on the wanted folder is the better explanation for its port being taken.
  if (wanted.dataDir !== undefined) await assertNotInUse(await locateData(wanted.dataDir));
  await assertPortFree(wanted.port, "PostgreSQL");
}

/** It stands in URLs, connection strings and files: nothing in it may need quoting. */
function assertPassword(password: string | undefined): void {
  if (password === undefined || /^[A-Za-z0-9]+$/.test(password)) return;
  throw new SmithError(
    "BAD_PASSWORD",
    "the password for the embedded server holds other characters than letters and digits",
    { hint: "Use letters and digits only, more of them if need be." },
  );
}
