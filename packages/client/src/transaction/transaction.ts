import type { Executor } from "../executor/executor.ts";
import type { TransactionOptions } from "../executor/transaction-options.ts";
import type { Queryable } from "../queryable/queryable.ts";
import type { Repositories } from "../repositories/repositories.ts";

/** A running transaction: statements of one's own and every repository, on one connection. */
export interface Transaction extends Queryable, Executor, Repositories {
  /** Runs `work` in a savepoint: when it throws, its part alone is undone. */
  transaction<Result>(
    work: (tx: Transaction) => Promise<Result>,
    options?: TransactionOptions,
  ): Promise<Result>;
}
