import { join } from "node:path";
import { freePort } from "../process/free-port.ts";
import { createLifecycle, type Lifecycle } from "../process/lifecycle.ts";
import type { ServerHost } from "../server-host.ts";
import type { ServerOrigin, ServerVersion } from "../server-version.ts";
import type { WatchedServer } from "../supervisor/watched-server.ts";
import { temporaryDataRemoved } from "../temporary-data-removed.ts";
import type { EmbeddedPostgres, EmbeddedReplica, StartReplicaOptions } from "./embedded-postgres.ts";
import { ensureDatabase } from "./ensure-database.ts";
import { postgresUrl } from "./postgres-url.ts";
import type { PreparedCluster } from "./prepare-cluster.ts";
import { removeTemporaryRoot } from "./prepare-folder.ts";
import { runPostmaster } from "./run-postmaster.ts";
import { settingArguments } from "./server-settings.ts";
import type { StartPostgresOptions } from "./start-postgres-options.ts";

/** What a server is put together from. */
export interface PostgresServerPlan {
  readonly options: StartPostgresOptions;
  readonly cluster: PreparedCluster;
  readonly host: ServerHost;
  readonly port: number;
  /** Handed in, since a replica is such a server as well. */
  readonly startReplica: ReplicaStarter;
}

/** Starts a standby of a server that was started with these options. */
export type ReplicaStarter = (
  primary: EmbeddedPostgres,
  primaryOptions: StartPostgresOptions,
  options: StartReplicaOptions,
) => Promise<EmbeddedReplica>;

/** The port that was asked for, else a free one. */
export async function choosePort(wanted: number | undefined): Promise<number> {
  return wanted ?? (await freePort());
}

/** Folder, programs and host joined to a server; it is not started yet. */
export class PostgresServer implements EmbeddedPostgres {
  readonly url: string;
  readonly host = "127.0.0.1";
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly dataDir: string;
  readonly insteadOf: string | undefined;
  readonly logFile: string;
  readonly binDir: string;
  readonly programs: readonly string[];
  readonly version: ServerVersion;
  readonly origin: ServerOrigin;
  readonly #plan: PostgresServerPlan;
  readonly #lifecycle: Lifecycle;
  #running: WatchedServer | undefined;
  #removed = false;

  constructor(plan: PostgresServerPlan) {
    const { options, cluster } = plan;
    this.#plan = plan;
    this.port = plan.port;
    this.user = options.user ?? "postgres";
    this.database = options.database ?? "postgres";
    this.url = postgresUrl({ ...this, password: options.password });
    this.dataDir = cluster.dataDir;
    this.insteadOf = cluster.insteadOf;
    this.logFile = options.logFile ?? join(cluster.dataDir, "log", "server.log");
    this.binDir = cluster.postgres.binDir;
    this.programs = cluster.postgres.programs;
    this.version = cluster.postgres.version;
    this.origin = cluster.postgres.origin;
    this.#lifecycle = createLifecycle({
      start: () => this.#run(),
      stop: () => this.#end(),
      isRunning: () => this.pid !== 0,
    });
  }

  get pid(): number {
    const running = this.#running;
    return running === undefined || running.exit !== undefined ? 0 : running.pid;
  }

  get exited(): Promise<unknown> {
    return this.#running?.exited ?? Promise.resolve();
  }

  start(): Promise<void> {
    return this.#lifecycle.start();
  }

  stop(): Promise<void> {
    return this.#lifecycle.stop();
  }

  async kill(): Promise<void> {
    await this.#running?.kill();
  }

  startReplica(options: StartReplicaOptions = {}): Promise<EmbeddedReplica> {
    return this.#plan.startReplica(this, this.#plan.options, options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** The first start: when it fails, nothing stays behind. */
  async startOrDiscard(): Promise<void> {
    try {
      await this.start();
    } catch (error) {
      await this.#removeTemporary();
      throw error;
    }
  }

  /** Done between the end of the server and the removal of its data. */
  protected async afterStop(): Promise<void> {}

  async #run(): Promise<void> {
    if (this.#removed) throw temporaryDataRemoved(this.dataDir);
    const { options, cluster, host } = this.#plan;
    this.#running = await runPostmaster({
      host,
      binDir: this.binDir,
      dataDir: this.dataDir,
      logFile: this.logFile,
      arguments: settingArguments(options, this.port),
      port: this.port,
      user: cluster.osUser,
      startTimeoutMs: options.startTimeoutMs ?? 60_000,
      prepare: () => ensureDatabase(this),
    });
  }

  async #end(): Promise<void> {
    await this.#running?.stop();
    await this.afterStop();
    await this.#removeTemporary();
    await this.#plan.host.settle();
  }

  async #removeTemporary(): Promise<void> {
    this.#removed = this.#plan.cluster.temporaryRoot !== undefined;
    await removeTemporaryRoot(this.#plan.cluster, this.#plan.host);
  }
}
