import type { PoolName } from "../pool/server-pool.ts";
import type { PoolEvent } from "../pool/server-pool-options.ts";
import type { CircuitState } from "../resilience/circuit-breaker.ts";
import type { ServerStatus } from "../servers/server-state.ts";

/** What a database tells those who listen; made for metrics and logs. Durations are in milliseconds. */
export interface DatabaseEvents {
  /** A statement, a stream, a transaction or a lent session has come to its end, retries included. */
  readonly call: {
    readonly pool: PoolName;
    readonly kind: "statement" | "stream" | "transaction" | "session";
    /** The server that had it last; undefined when none was found. */
    readonly address: string | undefined;
    /** Of a stream: until its reader had the last row, or left it. */
    readonly durationMs: number;
    /** How often it was started. */
    readonly attempts: number;
    /** The error it ended with. */
    readonly error: unknown;
  };
  /** Something is tried again. */
  readonly retry: {
    readonly pool: PoolName;
    readonly address: string | undefined;
    /** The number of the attempt that failed, from 1. */
    readonly attempt: number;
    readonly delayMs: number;
    readonly error: unknown;
  };
  /** A connection was opened, lent, given back or closed, or there was trouble with one. */
  readonly connection: PoolEvent;
  /** A server was found to run, or not to. */
  readonly server: {
    readonly address: string;
    readonly from: ServerStatus;
    readonly to: ServerStatus;
    readonly why: string;
  };
  /** A circuit breaker has changed. */
  readonly breaker: {
    readonly address: string;
    readonly from: CircuitState;
    readonly to: CircuitState;
  };
  /** Writes go to another server from now on. */
  readonly failover: {
    readonly from: string | undefined;
    readonly to: string;
    readonly timeline: number;
  };
}

/** Hears of one kind of event. */
export type DatabaseListener<Name extends keyof DatabaseEvents> = (event: DatabaseEvents[Name]) => void;
