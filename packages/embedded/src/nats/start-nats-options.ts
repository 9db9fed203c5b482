import type { ServerLifetime } from "../server-host.ts";

/**
 * When JetStream flushes what it stored to disk: `always` before each acknowledgement, so that an acknowledged
 * message survives a crash of the machine; `server-default` every two minutes. nats-server 2.9 knows only the latter.
 */
export type SyncInterval = "always" | "server-default";

/** The routes between the servers of a cluster. */
export interface NatsClusterMembership {
  readonly name: string;
  /** The port that the other servers connect to. */
  readonly port: number;
  /** The ports of all servers of the cluster. */
  readonly peerPorts: readonly number[];
}

/** What can be chosen about an embedded nats-server. Everything has a default. */
export interface StartNatsOptions {
  /** The folder of what JetStream stores, made when missing. Default: a temporary one, removed at `stop`. */
  readonly storeDir?: string | undefined;
  /** The TCP port for clients on 127.0.0.1. Default: a free one. */
  readonly port?: number | undefined;
  /** The TCP port of the monitoring pages on 127.0.0.1. Default: a free one. */
  readonly monitoringPort?: number | undefined;
  /** The name of the server, which must be unique in a cluster. Default: "mister-smith". */
  readonly serverName?: string | undefined;
  /** Default: `always` where the server can, else `server-default`; asking for `always` where it cannot is refused. */
  readonly syncInterval?: SyncInterval | undefined;
  /** More configuration, as the keys of nats-server's own file. Default: none. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
  /** The program. Default: see `findNats`. */
  readonly program?: string | undefined;
  /** Whether the package of the system may be fetched. Default: true. */
  readonly provide?: boolean | undefined;
  /** Gives up when JetStream cannot be used after this many milliseconds. Default: 30000. */
  readonly startTimeoutMs?: number | undefined;
  /** `parent`: stopped when the program that started it ends, even by SIGKILL. `detached`: stays. Default: "parent". */
  readonly lifetime?: ServerLifetime | undefined;
  /** The file that takes the server's log. Default: `server.log` in the store folder. */
  readonly logFile?: string | undefined;
}
