import { join, resolve } from "node:path";
import { SmithError } from "@mister-smith/errors";
import { makeEnterable } from "../cache-folder.ts";
import { explainingFileErrors } from "../file-errors.ts";
import type { EmbeddedNats } from "../nats/embedded-nats.ts";
import { startNatsOn } from "../nats/start-nats.ts";
import type { StartNatsOptions } from "../nats/start-nats-options.ts";
import type { EmbeddedPostgres } from "../postgres/embedded-postgres.ts";
import { startPostgresOn } from "../postgres/start-postgres.ts";
import type { StartPostgresOptions } from "../postgres/start-postgres-options.ts";
import { withFolderLock } from "../process/folder-lock.ts";
import { portIfFree } from "../process/free-port.ts";
import { processIdentity } from "../process/process-identity.ts";
import { detachableHost, type ServerHost, type ServerLifetime, serverHost } from "../server-host.ts";
import { readSystem, type SystemStatus } from "./read-system.ts";
import { stopServers, stopSystem, systemLockTimeoutMs } from "./stop-system.ts";
import { systemPassword } from "./system-password.ts";
import { readState, type SystemState, writeState } from "./system-state.ts";
import { temporarySystemFolder } from "./temporary-system-folder.ts";

/** What can be chosen about a system. */
export interface StartSystemOptions {
  /** Holds everything: data, logs, the note of what runs. Made when missing. */
  readonly folder: string;
  /** `detached`: it stays when this program ends, until `stopSystem`. `parent`: it goes with it. Default: "parent". */
  readonly lifetime?: ServerLifetime | undefined;
  /**
   * Whether the folder, with all its data, goes as well: at `stop`, and however this program ends, by SIGKILL too. It
   * must be new or empty, and the lifetime "parent". Default: false.
   */
  readonly temporary?: boolean | undefined;
  /** Default: durable, database "mister_smith", pg_stat_statements where it is there, a password of its own. */
  readonly postgres?: Omit<StartPostgresOptions, "dataDir" | "lifetime"> | undefined;
  /** Default: the durable profile where the server can. */
  readonly nats?: Omit<StartNatsOptions, "storeDir" | "lifetime"> | undefined;
}

/** A system that runs. */
export interface RunningSystem extends SystemStatus, AsyncDisposable {
  readonly postgres: NonNullable<SystemStatus["postgres"]>;
  readonly nats: NonNullable<SystemStatus["nats"]>;
  /** Whether it ran already when it was asked for. */
  readonly alreadyRunning: boolean;
  /** Stops it; the data stays unless it is temporary. Safe twice. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL and nats-server under one folder, on the ports of last time where they are free. A system that
 * runs already is left as it is; of several that start the same one at once, one does and all get it.
 *
 * @throws SmithError as `startPostgres` and `startNats`; `FOLDER_LOCKED`, `SYSTEM_STATE_DAMAGED`,
 *   `TEMPORARY_NOT_DETACHED`, `TEMPORARY_FOLDER_NOT_EMPTY`
 */
export async function startSystem(options: StartSystemOptions): Promise<RunningSystem> {
  const folder = resolve(options.folder);
  return explainingFileErrors(folder, "the system", async () => {
    if (options.temporary === true) return startTemporary(folder, options);
    await makeEnterable(folder);
    return startLocked(folder, options);
  });
}

async function startTemporary(folder: string, options: StartSystemOptions): Promise<RunningSystem> {
  const discard = await temporarySystemFolder(folder, {
    lifetime: options.lifetime,
    runAs: options.postgres?.runAs,
  });
  try {
    const system = await startLocked(folder, options);
    const stop = async () => {
      await system.stop();
      await discard();
    };
    return { ...system, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await discard();
    throw error;
  }
}

function startLocked(folder: string, options: StartSystemOptions): Promise<RunningSystem> {
  return withFolderLock(folder, systemLockTimeoutMs, () => startUnlessRunning(folder, options));
}

async function startUnlessRunning(folder: string, options: StartSystemOptions): Promise<RunningSystem> {
  const last = await readState(folder);
  if ((await readSystem(folder)).running) return running(folder, true, () => stopSystem(folder));
  // One of the two may have died: the other is brought down in order, and both start on their ports again.
  if (last !== undefined) await stopServers(last);
  return options.lifetime === "detached"
    ? startDetached(folder, options, last)
    : startBound(folder, options, last);
}

async function startDetached(
  folder: string,
  options: StartSystemOptions,
  last: SystemState | undefined,
): Promise<RunningSystem> {
  const host = await detachableHost();
  try {
    const servers = await startServers(folder, options, host, last);
    await writeState(folder, {
      ...stateOf(servers),
      lifetime: "detached",
      supervisorPid: host.supervisorPid,
    });
    await host.letGo();
  } catch (error) {
    await host.giveUp();
    throw error;
  }
  return running(folder, false, () => stopSystem(folder));
}

async function startBound(
  folder: string,
  options: StartSystemOptions,
  last: SystemState | undefined,
): Promise<RunningSystem> {
  const servers = await startServers(folder, options, serverHost("parent"), last);
  await writeState(folder, { ...stateOf(servers), lifetime: "parent" });
  return running(folder, false, () => Promise.all([servers.postgres.stop(), servers.nats.stop()]));
}

interface Servers {
  readonly postgres: EmbeddedPostgres;
  readonly nats: EmbeddedNats;
}

async function startServers(
  folder: string,
  options: StartSystemOptions,
  host: ServerHost,
  last: SystemState | undefined,
): Promise<Servers> {
  const dataDir = join(folder, "postgres");
  const [postgres, nats] = await Promise.allSettled([
    startPostgresOn(host, {
      database: "mister_smith",
      preloadWhenPresent: ["pg_stat_statements"],
      password: await systemPassword(folder, dataDir),
      port: await portIfFree(last?.postgres.port),
      ...options.postgres,
      dataDir,
    }),
    startNatsOn(host, {
      port: await portIfFree(last?.nats.port),
      ...options.nats,
      storeDir: join(folder, "nats"),
    }),
  ]);
  if (postgres.status === "fulfilled" && nats.status === "fulfilled") {
    return { postgres: postgres.value, nats: nats.value };
  }
  // Not half a system: the one that has started goes again.
  if (postgres.status === "fulfilled") await postgres.value.stop();
  if (nats.status === "fulfilled") await nats.value.stop();
  throw postgres.status === "rejected"
    ? postgres.reason
    : nats.status === "rejected"
      ? nats.reason
      : undefined;
}

function stateOf({ postgres, nats }: Servers): Omit<SystemState, "lifetime"> {
  return {
    format: 1,
    since: new Date().toISOString(),
    postgres: {
      ...common(postgres),
      dataDir: postgres.dataDir,
      binDir: postgres.binDir,
      ...(postgres.insteadOf === undefined ? {} : { insteadOf: postgres.insteadOf }),
    },
    nats: {
      ...common(nats),
      storeDir: nats.storeDir,
      monitoringUrl: nats.monitoringUrl,
      syncInterval: nats.syncInterval,
    },
  };
}

function common({ pid, port, url, logFile, version, origin }: EmbeddedPostgres | EmbeddedNats) {
  const identity = processIdentity(pid);
  return { pid, port, url, logFile, version, origin, ...(identity === undefined ? {} : { identity }) };
}

async function running(
  folder: string,
  alreadyRunning: boolean,
  stopServersNow: () => Promise<unknown>,
): Promise<RunningSystem> {
  const status = await readSystem(folder);
  const { postgres, nats } = status;
  if (postgres === undefined || nats === undefined) throw notNoted(folder);
  let stopped: Promise<unknown> | undefined;
  const stop = async () => {
    stopped ??= stopServersNow();
    await stopped;
  };
  return { ...status, postgres, nats, alreadyRunning, stop, [Symbol.asyncDispose]: stop };
}

function notNoted(folder: string): SmithError {
  return new SmithError("SYSTEM_STATE_DAMAGED", `the note of what runs in ${folder} has vanished`, {
    hint: "Somebody removed files of the folder while the system started: start it again.",
    details: { folder },
  });
}
