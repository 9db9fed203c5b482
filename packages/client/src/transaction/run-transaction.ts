import { asDatabaseError } from "@mister-smith/errors";
import type { Call } from "../connection/call.ts";
import type { LentConnection } from "../connection/lent-connection.ts";
import type { Executor } from "../executor/executor.ts";
import type { TransactionOptions } from "../executor/transaction-options.ts";
import type { Transaction } from "./transaction.ts";
import { transactionOn } from "./transaction-on.ts";

/** Runs `work` in a transaction on a connection, once. */
export async function runTransaction<Result>(
  lent: LentConnection,
  work: (tx: Transaction) => Promise<Result>,
  options: TransactionOptions | undefined,
): Promise<Result> {
  const call = lent.startCall(options);
  try {
    await lent.control(beginText(options), call);
    const result = await workOrUndo(lent, work, call);
    await lent.control("COMMIT", call);
    return result;
  } finally {
    lent.end("the transaction");
    call.stop();
  }
}

async function workOrUndo<Result>(
  lent: LentConnection,
  work: (tx: Transaction) => Promise<Result>,
  call: Call,
): Promise<Result> {
  let depth = 0;
  const savepoint: Executor["transaction"] = async (inner) => {
    depth += 1;
    const name = `nested_${depth}`;
    await lent.control(`SAVEPOINT ${name}`, call);
    try {
      const result = await inner({ read: lent.on, write: lent.on, transaction: savepoint });
      await lent.control(`RELEASE SAVEPOINT ${name}`, call);
      return result;
    } catch (error) {
      await lent.control(`ROLLBACK TO SAVEPOINT ${name}`, call);
      throw error;
    }
  };
  try {
    return await work(transactionOn(lent.on, savepoint));
  } catch (error) {
    await lent.control("ROLLBACK", call).catch((failure: unknown) => {
      lent.session.break(asDatabaseError(failure, "roll back"));
    });
    throw error;
  }
}

function beginText(options: TransactionOptions | undefined): string {
  const isolation =
    options?.isolation === undefined ? "" : ` ISOLATION LEVEL ${options.isolation.toUpperCase()}`;
  return `BEGIN${isolation}${options?.readOnly === true ? " READ ONLY" : ""}`;
}
