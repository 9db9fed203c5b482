import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { temporaryFolder } from "../data-folder.ts";
import { explainingFileErrors } from "../file-errors.ts";
import { freePort } from "../process/free-port.ts";
import { createLifecycle } from "../process/lifecycle.ts";
import { type ServerHost, serverHost } from "../server-host.ts";
import type { WatchedServer } from "../supervisor/watched-server.ts";
import { temporaryDataRemoved } from "../temporary-data-removed.ts";
import type { EmbeddedNats } from "./embedded-nats.ts";
import { findNats } from "./find-nats.ts";
import type { NatsConfig } from "./nats-config.ts";
import { runNatsServer } from "./run-nats-server.ts";
import type { NatsClusterMembership, StartNatsOptions } from "./start-nats-options.ts";
import { noteStopped } from "./store-folder.ts";
import { chooseSyncInterval } from "./sync-interval.ts";

/**
 * Starts a nats-server with JetStream, which can be used when the promise resolves.
 *
 * @throws SmithError `SERVER_NOT_FOUND`, `PORT_TAKEN`, `DATA_FOLDER_IN_USE`, `NATS_FEATURE_MISSING`, `DISK_FULL`, `FOLDER_NOT_USABLE`,
 *   `SERVER_NOT_STARTED`
 */
export function startNats(options: StartNatsOptions = {}): Promise<EmbeddedNats> {
  return startNatsOn(serverHost(options.lifetime ?? "parent"), options);
}

/** The same on a host that is shared with other servers. */
export async function startNatsOn(host: ServerHost, options: StartNatsOptions): Promise<EmbeddedNats> {
  return explainingFileErrors(options.storeDir ?? tmpdir(), "nats-server", async () => {
    const server = await prepareNats(host, options);
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.discard();
      throw error;
    }
  });
}

/** A server that is not started yet. */
export interface PreparedNats extends EmbeddedNats {
  /** Removes temporary data of a server whose start failed. */
  discard(): Promise<void>;
}

/** Finds program, folder and ports; nothing runs yet. */
export async function prepareNats(
  host: ServerHost,
  options: StartNatsOptions,
  cluster?: NatsClusterMembership,
): Promise<PreparedNats> {
  const nats = await findNats(options);
  const syncInterval = chooseSyncInterval(nats, options.syncInterval);
  const ports = [options.port ?? (await freePort()), options.monitoringPort ?? (await freePort())] as const;
  const { storeDir, temporary } = await prepareStore(options, host);
  const logFile = options.logFile ?? join(storeDir, "server.log");
  const config: NatsConfig = {
    serverName: options.serverName ?? "mister-smith",
    port: ports[0],
    monitoringPort: ports[1],
    storeDir,
    syncInterval,
    cluster,
    settings: options.settings ?? {},
  };
  let running: WatchedServer | undefined;
  let removed = false;
  const discard = async () => {
    if (!temporary) return;
    removed = true;
    await rm(storeDir, { recursive: true, force: true, maxRetries: 5 });
    await host.disownFolder(storeDir);
  };
  const lifecycle = createLifecycle({
    start: async () => {
      if (removed) throw temporaryDataRemoved(storeDir);
      const { program } = nats;
      running = await runNatsServer({
        host,
        program,
        config,
        logFile,
        startTimeoutMs: options.startTimeoutMs ?? 30_000,
      });
    },
    stop: async () => {
      await running?.stop();
      await noteStopped(storeDir);
      await discard();
      await host.settle();
    },
    isRunning: () => running !== undefined && running.exit === undefined,
  });
  return {
    ...lifecycle,
    ...nats,
    url: `nats://127.0.0.1:${config.port}`,
    host: "127.0.0.1",
    port: config.port,
    monitoringUrl: `http://127.0.0.1:${config.monitoringPort}`,
    serverName: config.serverName,
    storeDir,
    logFile,
    syncInterval,
    get pid() {
      return running?.exit === undefined ? (running?.pid ?? 0) : 0;
    },
    get exited() {
      return running?.exited ?? Promise.resolve();
    },
    kill: async () => {
      await running?.kill();
    },
    discard,
    [Symbol.asyncDispose]: lifecycle.stop,
  };
}

async function prepareStore(options: StartNatsOptions, host: ServerHost) {
  if (options.storeDir === undefined) {
    const storeDir = await temporaryFolder("mister-smith-nats-", undefined);
    await host.ownFolder(storeDir);
    return { storeDir, temporary: true };
  }
  const storeDir = resolve(options.storeDir);
  await mkdir(storeDir, { recursive: true, mode: 0o700 });
  return { storeDir, temporary: false };
}
