import type { Lifecycle } from "../process/lifecycle.ts";
import type { ServerOrigin, ServerVersion } from "../server-version.ts";
import type { StartPostgresOptions } from "./start-postgres-options.ts";

/** A PostgreSQL server that runs for us. */
export interface EmbeddedPostgres extends Lifecycle, AsyncDisposable {
  /** The URL of the wanted database, as superuser. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** The superuser of the URL. */
  readonly user: string;
  /** The database of the URL. */
  readonly database: string;
  readonly dataDir: string;
  /** The folder that was asked for, when the server's user could not reach it and `dataDir` is another one. */
  readonly insteadOf: string | undefined;
  readonly logFile: string;
  readonly binDir: string;
  /** The names of all programs in `binDir`: client tools are often not there. */
  readonly programs: readonly string[];
  readonly version: ServerVersion;
  /** Where the programs came from. */
  readonly origin: ServerOrigin;
  /** The process id of the server; 0 when it is stopped. */
  readonly pid: number;
  /** Resolves when the running server is gone, whoever ended it. */
  readonly exited: Promise<unknown>;
  /** Starts it again on the same folder and port after `kill` or `stop`; temporary data is gone after `stop`. */
  start(): Promise<void>;
  /** Stops it so that nothing has to be recovered, and removes temporary data. Safe twice. */
  stop(): Promise<void>;
  /** Ends it by SIGKILL, as a crash would; the data stays until `stop`. */
  kill(): Promise<void>;
  /**
   * Starts a hot standby that follows this server by streaming replication. It is copied by pg_basebackup where the
   * programs have it, else by the server's own backup functions.
   */
  startReplica(options?: StartReplicaOptions): Promise<EmbeddedReplica>;
}

/** What can be chosen about a replica. Whatever is not said here is as it is on the primary. */
export interface StartReplicaOptions
  extends Pick<StartPostgresOptions, "dataDir" | "port" | "settings" | "startTimeoutMs" | "logFile"> {}

/** A hot standby; it takes queries that only read. */
export interface EmbeddedReplica extends EmbeddedPostgres {
  /** The slot on the primary that keeps WAL for it: also while it is stopped, unless its data was temporary. */
  readonly slot: string;
  /** Makes it a primary of its own; resolves when it takes writes. */
  promote(): Promise<void>;
}
