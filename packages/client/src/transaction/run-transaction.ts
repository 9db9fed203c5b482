import { AsyncLocalStorage } from "node:async_hooks";
import { z } from "zod";
import { startCall } from "../connection/call.ts";
import { CallGroup } from "../connection/call-group.ts";
import { hasEnded, type LentConnection } from "../connection/lent-connection.ts";
import { SerialQueue } from "../connection/serial-queue.ts";
import { ClientError } from "../errors/client-error.ts";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { TransactionOptions } from "../executor/transaction-options.ts";
import type { PreparedText } from "../statement/prepared-text.ts";
import type { Transaction } from "./transaction.ts";
import { transactionOn } from "./transaction-on.ts";

/** Which transaction or savepoint the running code is in. */
const innermost = new AsyncLocalStorage<Scope>();

/**
 * Runs `work` in a transaction on a connection, once.
 *
 * Whatever it throws, nothing was committed, unless it is `OUTCOME_UNKNOWN`.
 */
export async function runTransaction<Result>(
  lent: LentConnection,
  work: (tx: Transaction) => Promise<Result>,
  options: TransactionOptions | undefined,
): Promise<Result> {
  const scope = new Scope(lent, undefined);
  await lent.control(beginText(options, lent.policy.afterBegin), {
    harmless: true,
    call: startCall(options, lent.policy.callTimeoutMs),
  });
  let result: Result;
  try {
    result = await lent.work(() => scope.run(work, options));
    scope.refuseFailed();
  } catch (error) {
    await rollBack(lent);
    throw error;
  }
  const done = await lent.control("COMMIT", { harmless: options?.readOnly === true });
  if (done.command === "COMMIT") return result;
  throw (
    lent.failure ??
    new ClientError("WRONG_STATUS", "the server undid the transaction instead of committing it")
  );
}

async function rollBack(lent: LentConnection): Promise<void> {
  if (lent.session.lost !== undefined) return;
  try {
    await lent.control("ROLLBACK", { harmless: true });
  } catch (error) {
    lent.session.break(error instanceof Error ? error : new Error(String(error)));
  }
}

/** A transaction, or a savepoint in one. */
class Scope {
  readonly #lent: LentConnection;
  readonly #outer: Scope | undefined;
  readonly #nested = new SerialQueue();
  /** The statements and nested transactions that run in it. */
  readonly #calls = new CallGroup();
  #savepoints = 0;
  #ended = false;

  constructor(lent: LentConnection, outer: Scope | undefined) {
    this.#lent = lent;
    this.#outer = outer;
  }

  /** Runs work in it, at most for as long as the options say; then nothing runs in it any more. */
  async run<Result>(
    work: (tx: Transaction) => Promise<Result>,
    options: TransactionOptions | undefined,
  ): Promise<Result> {
    const call = startCall(options, 0);
    const over = new Promise<never>((_, reject) => {
      call.onEnd = (why) => {
        this.#calls.end(why);
        reject(why);
      };
      if (call.ended !== undefined) reject(call.ended);
    });
    try {
      const outside = this.#outer === undefined ? new CallGroup() : this.#outer.#calls;
      return await outside.during(call, () =>
        Promise.race([innermost.run(this, () => work(this.#transaction())), over]),
      );
    } finally {
      this.#ended = true;
      await this.#nested.drained();
      if (this.#outer === undefined) await this.#lent.drained();
    }
  }

  /** A failed statement whose error was kept from us has undone everything: say so. */
  refuseFailed(): void {
    if (this.#lent.session.getTransactionStatus() !== "E") return;
    throw (
      this.#lent.failure ??
      new ClientError("WRONG_STATUS", "a statement of the transaction failed, which undid all of it")
    );
  }

  #transaction(): Transaction {
    const on = this.#lent.queryable((prepared) => this.#check(prepared), this.#calls);
    return transactionOn(on, (work, options) => this.#savepoint(work, options));
  }

  #check({ effect }: Pick<PreparedText, "effect">): void {
    if (this.#ended) throw hasEnded("the transaction");
    if (effect.boundary)
      throw new ClientError("INVALID_INPUT", "a transaction is not begun or ended by a statement inside it", {
        hint: "Return from the function to commit, throw in it to undo, and nest with `transaction`.",
      });
  }

  async #savepoint<Result>(
    work: (tx: Executor) => Promise<Result>,
    options: TransactionOptions | undefined,
  ): Promise<Result> {
    if (this.#ended) throw hasEnded("the transaction");
    if (options?.isolation !== undefined || options?.readOnly !== undefined)
      throw new ClientError(
        "INVALID_INPUT",
        "isolation and readOnly are chosen for the outermost transaction",
        {
          hint: "Give them to the transaction that is not inside another one.",
        },
      );
    // Asked of an outer transaction from inside a nested one: in its turn it would wait for itself.
    const inner = innermost.getStore();
    if (inner !== undefined && inner !== this && inner.#isWithin(this))
      return await inner.#savepoint(work, options);
    const call = startCall(options, 0);
    try {
      return await this.#nested.run(call, () => this.#nest(work, options));
    } finally {
      call.stop();
    }
  }

  async #nest<Result>(
    work: (tx: Executor) => Promise<Result>,
    options: TransactionOptions | undefined,
  ): Promise<Result> {
    const lent = this.#lent;
    this.#savepoints += 1;
    const name = `smith_${this.#depth}_${this.#savepoints}`;
    await lent.control(`SAVEPOINT ${name}`, { harmless: true });
    const scope = new Scope(lent, this);
    try {
      const result = await scope.run(work, options);
      scope.refuseFailed();
      await lent.control(`RELEASE SAVEPOINT ${name}`, { harmless: true });
      return result;
    } catch (error) {
      if (lent.session.lost === undefined)
        await lent.control(`ROLLBACK TO SAVEPOINT ${name}; RELEASE SAVEPOINT ${name}`, { harmless: true });
      throw error;
    }
  }

  get #depth(): number {
    return this.#outer === undefined ? 0 : this.#outer.#depth + 1;
  }

  #isWithin(scope: Scope): boolean {
    return this.#outer !== undefined && (this.#outer === scope || this.#outer.#isWithin(scope));
  }
}

const isolationLevel = z.enum(["read committed", "repeatable read", "serializable"]);

function beginText(options: TransactionOptions | undefined, afterBegin: string): string {
  const isolation =
    options?.isolation === undefined
      ? ""
      : ` ISOLATION LEVEL ${parseInput(isolationLevel, options.isolation, "the isolation of the transaction").toUpperCase()}`;
  return `BEGIN${isolation}${options?.readOnly === true ? " READ ONLY" : ""}; ${afterBegin}`;
}
