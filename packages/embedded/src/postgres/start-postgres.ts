import { rm } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../process/free-port.ts";
import { createLifecycle } from "../process/lifecycle.ts";
import { type ServerHost, serverHost } from "../server-host.ts";
import type { WatchedServer } from "../supervisor/watched-server.ts";
import { temporaryDataRemoved } from "../temporary-data-removed.ts";
import type { EmbeddedPostgres } from "./embedded-postgres.ts";
import { ensureDatabase } from "./ensure-database.ts";
import { type PostgresAddress, postgresUrl } from "./postgres-url.ts";
import { type PreparedCluster, prepareCluster } from "./prepare-cluster.ts";
import { runPostmaster } from "./run-postmaster.ts";
import { settingArguments } from "./server-settings.ts";
import type { StartPostgresOptions } from "./start-postgres-options.ts";

/**
 * Starts a PostgreSQL server; it takes connections when the promise resolves.
 *
 * @throws SmithError `SERVER_NOT_FOUND`, `PORT_TAKEN`, `DATA_FOLDER_IN_USE`, `DATA_FOLDER_NOT_EMPTY`,
 *   `DATA_FOLDER_MAJOR_MISMATCH`, `DISK_FULL`, `INIT_FAILED`, `SERVER_NOT_STARTED`, `BAD_SETTING`
 */
export async function startPostgres(options: StartPostgresOptions = {}): Promise<EmbeddedPostgres> {
  const host = serverHost(options.lifetime ?? "parent");
  const cluster = await prepareCluster(options, host);
  try {
    const server = await embed(options, cluster, host);
    await server.start();
    return server;
  } catch (error) {
    await removeTemporary(cluster, host);
    throw error;
  }
}

async function embed(
  options: StartPostgresOptions,
  cluster: PreparedCluster,
  host: ServerHost,
): Promise<EmbeddedPostgres> {
  const address: PostgresAddress = {
    host: "127.0.0.1",
    port: options.port ?? (await freePort()),
    user: options.user ?? "postgres",
    database: options.database ?? "postgres",
  };
  const logFile = options.logFile ?? join(cluster.dataDir, "log", "server.log");
  let running: WatchedServer | undefined;
  let removed = false;

  const start = async () => {
    if (removed) throw temporaryDataRemoved(cluster.dataDir);
    running = await runPostmaster({
      host,
      binDir: cluster.postgres.binDir,
      dataDir: cluster.dataDir,
      logFile,
      arguments: settingArguments(options, address.port),
      port: address.port,
      user: cluster.osUser,
      startTimeoutMs: options.startTimeoutMs ?? 60_000,
      prepare: () => ensureDatabase(address),
    });
  };
  const stop = async () => {
    await running?.stop();
    await removeTemporary(cluster, host);
    removed = cluster.temporaryRoot !== undefined;
    await host.settle();
  };
  const lifecycle = createLifecycle({
    start,
    stop,
    isRunning: () => running !== undefined && running.exit === undefined,
  });

  return {
    ...address,
    ...lifecycle,
    url: postgresUrl(address),
    dataDir: cluster.dataDir,
    insteadOf: cluster.insteadOf,
    logFile,
    ...cluster.postgres,
    get pid() {
      return running?.exit === undefined ? (running?.pid ?? 0) : 0;
    },
    get exited() {
      return running?.exited ?? Promise.resolve();
    },
    kill: async () => {
      await running?.kill();
    },
    [Symbol.asyncDispose]: lifecycle.stop,
  };
}

async function removeTemporary({ temporaryRoot }: PreparedCluster, host: ServerHost): Promise<void> {
  if (temporaryRoot === undefined) return;
  await rm(temporaryRoot, { recursive: true, force: true, maxRetries: 5 });
  await host.disownFolder(temporaryRoot);
}
