import type { PoolName } from "../pool/server-pool.ts";
import type { CircuitState } from "../resilience/circuit-breaker.ts";

/** The health of one pool on one server. JSON only; what is not known is null. */
export interface PoolHealth {
  /** `primary`, `replica_0`, `replica_1` …, `background`, `analytics`. */
  readonly name: string;
  readonly pool: PoolName;
  /** `host:port`; of the primary that was known last when there is none. */
  readonly address: string;
  /** What the server said it is. */
  readonly role: "primary" | "replica" | null;
  /** Whether calls go there now. */
  readonly healthy: boolean;
  /** Whether the server has just answered. */
  readonly reachable: boolean;
  /** How long its answer took, in milliseconds. */
  readonly latencyMs: number | null;
  /** Connections that callers use; in a pool of one connection also the probe that asks the server, while it does. */
  readonly active: number;
  readonly idle: number;
  /** Callers that wait for a connection. */
  readonly waiting: number;
  /**
   * The most connections by the options. On each server the first pool of it, in the order primary, replica,
   * background, analytics, keeps one of them for probes when it has 2 or more: callers have one less there.
   */
  readonly max: number;
  readonly breaker: CircuitState;
  /** Of a replica: for how long at most it has lacked something that the primary has, in milliseconds. */
  readonly lagMs: number | null;
  /** Of a replica: how much it has still to replay, in bytes. */
  readonly lagBytes: number | null;
  /** What went wrong last. */
  readonly error: string | null;
  /** The state in a sentence. */
  readonly why: string;
}

/** The health of all pools. */
export interface DatabaseHealth {
  /** Whether every pool is healthy; none is when the database was closed. */
  readonly healthy: boolean;
  readonly pools: readonly PoolHealth[];
}
