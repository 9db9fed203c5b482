import type { ConnectionOptions } from "node:tls";
import type { Queryable } from "../queryable/queryable.ts";
import type { PoolName } from "./server-pool.ts";

/** Sizes and time limits of a pool; all durations in milliseconds. */
export interface PoolLimits {
  /** The most connections. */
  readonly max: number;
  /** Connections that are kept open; opened at the start. */
  readonly min: number;
  /** How long a caller waits for a connection. */
  readonly acquireTimeoutMs: number;
  /** When an unused connection is closed, down to `min`; 0: never. */
  readonly idleTimeoutMs: number;
  /** When a connection is replaced; 0: never. */
  readonly maxLifetimeMs: number;
  /** A connection that was unused for longer is tested before it is used; false: never. */
  readonly testAfterIdleMs: number | false;
  /** How long opening a connection may take. */
  readonly connectTimeoutMs: number;
  /** How long a call may take when it says nothing itself; 0: without limit. */
  readonly callTimeoutMs: number;
  /** How long the server lets a statement run; 0: without limit. */
  readonly statementTimeoutMs: number;
  /** How long a statement waits for a lock; 0: without limit. */
  readonly lockTimeoutMs: number;
  /** How long a transaction may do nothing before the server ends it; 0: without limit. */
  readonly idleInTransactionTimeoutMs: number;
  /** How long `close` waits for what runs. */
  readonly closeTimeoutMs: number;
}

/** What happens to the connections of a pool, for metrics and logs. */
export interface PoolEvent {
  readonly type: "connect" | "acquire" | "release" | "remove" | "error";
  readonly pool: PoolName;
  readonly address: string;
  /** Of `error`: what went wrong. */
  readonly error?: Error;
}

/** What {@link createServerPool} needs. */
export interface ServerPoolOptions {
  readonly name: PoolName;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** A function is asked for each new connection. Default: none. */
  readonly password?: string | (() => string | Promise<string>) | undefined;
  /** TLS: true to check the server's certificate by the system's authorities. Default: false. */
  readonly ssl?: boolean | ConnectionOptions | undefined;
  readonly applicationName: string;
  readonly limits: PoolLimits;
  /**
   * PgBouncer or its like stands between, in transaction mode. Default: false.
   *
   * Then nothing is kept in sessions: no statement has a name, none may set its session (`INVALID_INPUT`), and only
   * `application_name` is sent when connecting. Transactions and streams get the pool's time limits by SET LOCAL; a
   * single statement has at most `statementTimeoutMs` as a call, which is cancelled on the server when it is over, and
   * the lock timeout of the role.
   */
  readonly transactionPooling?: boolean | undefined;
  /** The server keeps the plans of statements that come again. Default: true. */
  readonly preparedStatements?: boolean | undefined;
  /**
   * When a session is reset before the next user gets it. `needed`: after statements that may have left something,
   * as their text tells; what a trigger, a view, an operator, a cast, a default or a function that bears the name of
   * a built-in one sets is not seen. `always`: after each use, which costs a round trip. Default: "needed".
   */
  readonly sessionReset?: "needed" | "always" | undefined;
  /** Asked for each new connection before anybody gets it; when it throws, the connection is closed and the caller gets the error. */
  readonly onConnect?: ((connection: Queryable) => Promise<void>) | undefined;
  readonly onEvent?: ((event: PoolEvent) => void) | undefined;
  /** The server did what was asked of it on any of the connections. */
  readonly onServed?: (() => void) | undefined;
  /** A connection broke, or could not be opened, that no caller has or waits for: nobody else hears of it. */
  readonly onIdleError?: ((error: Error) => void) | undefined;
}
