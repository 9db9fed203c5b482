import type { Lifecycle } from "../process/lifecycle.ts";
import type { ServerOrigin, ServerVersion } from "../server-version.ts";
import type { SyncInterval } from "./start-nats-options.ts";

/** A nats-server with JetStream that runs for us. */
export interface EmbeddedNats extends Lifecycle, AsyncDisposable {
  /** For clients: `nats://127.0.0.1:port`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly monitoringUrl: string;
  readonly serverName: string;
  readonly storeDir: string;
  readonly logFile: string;
  readonly program: string;
  readonly version: ServerVersion;
  /** Where the program came from. */
  readonly origin: ServerOrigin;
  /** When it flushes to disk: what its acknowledgement is worth when the machine crashes. */
  readonly syncInterval: SyncInterval;
  /** The process id of the server; 0 when it is stopped. */
  readonly pid: number;
  /** Resolves when the running server is gone, whoever ended it. */
  readonly exited: Promise<unknown>;
  /** Starts it again on the same folder and ports after `kill` or `stop`; temporary data is gone after `stop`. */
  start(): Promise<void>;
  /** Stops it and removes temporary data. Safe twice. */
  stop(): Promise<void>;
  /** Ends it by SIGKILL, as a crash would; the data stays until `stop`. */
  kill(): Promise<void>;
}
