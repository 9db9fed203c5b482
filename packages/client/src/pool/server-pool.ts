import type { TransactionOptions } from "../executor/transaction-options.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { Queryable } from "../queryable/queryable.ts";
import type { Transaction } from "../transaction/transaction.ts";

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
  /**
   * The same for statements that change nothing, by the caller's word: a broken connection is then an error that may
   * be retried, never an outcome that is not known. Throws `INVALID_INPUT` for a statement that is there to write.
   */
  readonly reads: Queryable;
  /** Lends a connection for as long as `work` takes. What it set for the session is gone when another gets it. */
  connect<Result>(work: (connection: Queryable) => Promise<Result>, options?: QueryOptions): Promise<Result>;
  /**
   * Runs `work` in a transaction, once: `retries` is for what is above. Whatever it throws, nothing was committed,
   * unless it is `OUTCOME_UNKNOWN`; `retryable` says whether running all of it again may help.
   */
  transaction<Result>(
    work: (tx: Transaction) => Promise<Result>,
    options?: TransactionOptions,
  ): Promise<Result>;
  counts(): PoolCounts;
  /** Breaks every connection at once: what runs fails with `reason`, the next caller connects anew. */
  interrupt(reason: Error): void;
  /** Lets what runs come to its end, then closes all connections. Safe twice. */
  close(): Promise<void>;
}
