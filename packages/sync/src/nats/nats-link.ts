import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { type ConnectionOptions, connect, type NatsConnection } from "@nats-io/transport-node";
import { asSyncError } from "../errors/as-sync-error.ts";
import { serverList } from "./server-list.ts";

/** How to reach NATS. */
export interface NatsLinkOptions {
  /**
   * One URL or several, as an array or separated by commas: `nats://host:4222`, `nats://user:password@host:4222` or
   * `nats://token@host:4222`. Who connects stands in one of them, or is the same in all.
   */
  readonly servers: string | readonly string[];
  /** How the server shows the connection. Default: "mister-smith". */
  readonly name?: string | undefined;
  /** How long connecting and each request may take, in milliseconds. Default: 5000. */
  readonly timeoutMs?: number | undefined;
  /** What else the client library takes: TLS, credentials (instead of those of the URL) … */
  readonly connection?: Omit<ConnectionOptions, "servers" | "name" | "timeout"> | undefined;
}

/** A connection to NATS with JetStream, which comes back by itself, for ever, when the server was away. */
export interface NatsLink extends AsyncDisposable {
  readonly connection: NatsConnection;
  readonly js: JetStreamClient;
  readonly manager: JetStreamManager;
  /** How long a request may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Closes it; what was published and not answered is lost to the caller. Safe twice. */
  close(): Promise<void>;
}

/**
 * Connects to NATS.
 *
 * @throws SyncError `NATS_UNREACHABLE` when no server answers in time, `JETSTREAM` when it does not let this user in,
 *   `INVALID_INPUT` for URLs that cannot be used
 */
export async function connectNats(options: NatsLinkOptions): Promise<NatsLink> {
  const { name = "mister-smith", timeoutMs = 5_000 } = options;
  const urls = typeof options.servers === "string" ? options.servers.split(",") : options.servers;
  const { servers, credentials } = serverList(urls);
  try {
    const connection = await connect({
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      reconnectJitter: 100,
      pingInterval: 10_000,
      maxPingOut: 2,
      ...(hasCredentials(options.connection) ? {} : credentials),
      ...options.connection,
      servers: [...servers],
      name,
      timeout: timeoutMs,
    });
    // Whether JetStream is there is asked where it is needed, so that this also works while it elects a leader.
    const manager = await jetstreamManager(connection, { timeout: timeoutMs, checkAPI: false });
    const close = () => connection.close();
    return {
      connection,
      js: jetstream(connection, { timeout: timeoutMs }),
      manager,
      timeoutMs,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    throw asSyncError(error, `connect to NATS at ${servers.join(", ")}`);
  }
}

function hasCredentials(connection: NatsLinkOptions["connection"]): boolean {
  return ["user", "token", "authenticator"].some((name) => Object.hasOwn(connection ?? {}, name));
}
