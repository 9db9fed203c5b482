import type { Queryable } from "../queryable/queryable.ts";
import type { TransactionOptions } from "./transaction-options.ts";

/**
 * Where a repository asks its questions: the database, or a transaction, in which `read` and `write` are the same
 * connection and a transaction is a savepoint.
 */
export interface Executor {
  /** For what only reads, and may be answered by a replica within its lag bound. */
  readonly read: Queryable;
  /** For what writes, or must see the latest write. */
  readonly write: Queryable;
  /** Runs `work` in a transaction: all of it, or nothing. */
  transaction<Result>(work: (tx: Executor) => Promise<Result>, options?: TransactionOptions): Promise<Result>;
}
