import type { DatabaseEvents, DatabaseListener } from "../events/database-events.ts";
import type { Executor } from "../executor/executor.ts";
import type { TransactionOptions } from "../executor/transaction-options.ts";
import type { DatabaseHealth } from "../health/pool-health.ts";
import type { PoolState } from "../health/pool-state.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { Queryable } from "../queryable/queryable.ts";
import type { Repositories } from "../repositories/repositories.ts";
import type { Reader } from "../routing/reader.ts";
import type { ReadToken } from "../routing/token.ts";
import type { DatabaseTasks } from "../tasks/database-tasks.ts";
import type { Transaction } from "../transaction/transaction.ts";

/** What a write returned, with the token for those who must see it. */
export interface WrittenValue<Result> {
  readonly value: Result;
  readonly token: ReadToken;
}

/**
 * PostgreSQL as an application uses it: pools, transactions and a typed API for every schema.
 *
 * Every call finds its server by itself, also after a failover, and is run again where that is safe: when the server
 * was not reached, after a deadlock or a serialization failure, and when a read lost its connection. A write whose
 * connection broke while it ran is reported as `OUTCOME_UNKNOWN` and not repeated, unless it says `idempotent`. All
 * tries together stay within the call's `timeoutMs`.
 */
export interface Database extends Executor, Repositories, AsyncDisposable {
  /** For what only reads: a replica within the lag bound that has the least to do, else the primary. */
  readonly read: Reader;
  /** For what writes, or must see the latest write: the primary. */
  readonly write: Queryable;
  /** Maintenance: connections of its own to the primary, so that it never takes those of `write`. */
  readonly background: Queryable;
  /**
   * Reports: connections of its own, to the servers of its options, else to the replicas, else to the primary. It is for
   * reading, like {@link Database.read}: a statement that is there to write is refused with `INVALID_INPUT`.
   */
  readonly analytics: Queryable;
  /** The task queue. */
  readonly tasks: DatabaseTasks;
  /** Runs `work` in a transaction on the primary: all of it, or nothing. It is run again as its options say. */
  transaction<Result>(
    work: (tx: Transaction) => Promise<Result>,
    options?: TransactionOptions,
  ): Promise<Result>;
  /**
   * Like {@link Database.transaction}; the token is for {@link Reader.after}. Once the work is committed, the result is
   * returned whatever happens: when the time is over or the signal aborts before the position of the write is known, at
   * once and with a token that sends its reads to the primary.
   */
  writeWithToken<Result>(
    work: (tx: Transaction) => Promise<Result>,
    options?: TransactionOptions,
  ): Promise<WrittenValue<Result>>;
  /**
   * Lends a connection to the primary for as long as `work` takes. What it sets in the session is gone afterwards.
   * Work that has begun is never repeated.
   */
  connect<Result>(work: (connection: Queryable) => Promise<Result>, options?: QueryOptions): Promise<Result>;
  /**
   * Resolves when there is a server that takes writes.
   *
   * @throws ClientError `NO_PRIMARY` when the time is up; default: the primary's `acquireTimeoutMs`
   */
  ready(options?: Pick<QueryOptions, "signal" | "timeoutMs">): Promise<void>;
  /** Asks every server and tells how each pool is. Never throws; takes as long as a probe at most. */
  health(): Promise<DatabaseHealth>;
  /** How many connections there are, and what they do. */
  pools(): readonly PoolState[];
  /** Calls `listener` for each event of that kind; returns what ends it. */
  on<Name extends keyof DatabaseEvents>(name: Name, listener: DatabaseListener<Name>): () => void;
  /** Lets what runs come to its end, then closes every connection; later calls get `CLOSED`. Safe twice. */
  close(): Promise<void>;
}
