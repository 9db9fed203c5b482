import type { Executor } from "../executor/executor.ts";
import type { TransactionOptions } from "../executor/transaction-options.ts";
import type { Queryable } from "../queryable/queryable.ts";
import type { Repositories } from "../repositories/repositories.ts";
import type { Transaction } from "../transaction/transaction.ts";

/** PostgreSQL as an application uses it: pools, transactions and a typed API for every schema. */
export interface Database extends Executor, Repositories, AsyncDisposable {
  readonly read: Queryable;
  readonly write: Queryable;
  /** Runs `work` in a transaction on the primary: all of it, or nothing. */
  transaction<Result>(
    work: (tx: Transaction) => Promise<Result>,
    options?: TransactionOptions,
  ): Promise<Result>;
  /** Lets what runs come to its end, then closes every connection. Safe twice. */
  close(): Promise<void>;
}
