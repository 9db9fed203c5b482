import type { Executor } from "../executor/executor.ts";
import type { TransactionOptions } from "../executor/transaction-options.ts";
import type { Queryable } from "../queryable/queryable.ts";
import { repositoriesOf } from "../repositories/repositories.ts";
import type { Transaction } from "./transaction.ts";

/**
 * The transaction that is open on a connection.
 *
 * @param on the connection
 * @param savepoint runs work in a savepoint of the connection
 */
export function transactionOn(on: Queryable, savepoint: Executor["transaction"]): Transaction {
  const executor: Executor = { read: on, write: on, transaction: savepoint };
  return { ...on, ...executor, ...repositoriesOf(executor), transaction: nested };

  async function nested<Result>(
    work: (tx: Transaction) => Promise<Result>,
    options?: TransactionOptions,
  ): Promise<Result> {
    return await savepoint(
      async (inner) => await work(transactionOn(inner.write, inner.transaction)),
      options,
    );
  }
}
