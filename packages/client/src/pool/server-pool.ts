import type { QueryOptions } from "../queryable/query-options.ts";
import type { Queryable } from "../queryable/queryable.ts";

/** One of the four uses of connections; each has its own sizes, timeouts and role. */
export type PoolName = "primary" | "replica" | "background" | "analytics";

/** How many connections there are, and what they do. */
export interface PoolCounts {
  /** In use by a caller. */
  readonly active: number;
  readonly idle: number;
  /** Callers that wait for one. */
  readonly waiting: number;
  /** The most there may be. */
  readonly max: number;
}

/** The connections to one server for one use. What is above decides which server; this knows only its own. */
export interface ServerPool {
  readonly name: PoolName;
  /** `host:port`, as errors and health show it. */
  readonly address: string;
  /** Runs single statements, each on any of the connections, outside a transaction. Nothing is repeated here. */
  readonly statements: Queryable;
  /** Lends a connection for as long as `work` takes. What it set for the session is gone when another gets it. */
  connect<Result>(work: (connection: Queryable) => Promise<Result>, options?: QueryOptions): Promise<Result>;
  counts(): PoolCounts;
  /** Breaks every connection at once: what runs fails with `reason`, the next caller connects anew. */
  interrupt(reason: Error): void;
  /** Lets what runs come to its end, then closes all connections. Safe twice. */
  close(): Promise<void>;
}
