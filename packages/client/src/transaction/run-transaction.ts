import { AsyncLocalStorage } from "node:async_hooks";
import { z } from "zod";
import { type Call, fromNow, startCall } from "../connection/call.ts";
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
 * Whatever it throws, nothing was committed, unless it is `OUTCOME_UNKNOWN`. BEGIN, the work and COMMIT share the
 * time of the options.
 *
 * @param running takes in the call of the work
 */
export async function runTransaction<Result>(
  lent: LentConnection,
  work: (tx: Transaction) => Promise<Result>,
  asked: TransactionOptions | undefined,
  running: CallGroup,
): Promise<Result> {
  const options = fromNow(asked);
  const scope = new Scope(lent, undefined);
  const begin = beginText(options, lent.policy.afterBegin);
  try {
    await lent.control(begin, { harmless: true, bounds: options });
    const result = await running.during(startCall(options, 0), (call) =>
      lent.work(() => scope.run(work, call)),
    );
    scope.refuseFailed();
    const done = await lent.control("COMMIT", { harmless: options?.readOnly === true, bounds: options });
    if (done.command === "COMMIT") return result;
  } catch (error) {
    if (lent.session.inTransaction) await lent.rollBack();
    throw error;
  }
  throw (
    lent.failure ??
    new ClientError("WRONG_STATUS", "the server undid the transaction instead of committing it")
  );
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

  /** Runs work in it until the call is over; then nothing runs in it any more. */
  async run<Result>(work: (tx: Transaction) => Promise<Result>, call: Call): Promise<Result> {
    try {
      return await this.#calls.until(call, () => innermost.run(this, () => work(this.#transaction())));
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
    const bounds = fromNow(options);
    return await this.#calls.during(startCall(bounds, 0), (call) =>
      this.#nested.run(call, () => this.#nest(work, bounds, call)),
    );
  }

  async #nest<Result>(
    work: (tx: Executor) => Promise<Result>,
    bounds: TransactionOptions | undefined,
    call: Call,
  ): Promise<Result> {
    // It may have ended while this one waited for its turn.
    if (call.ended !== undefined) throw call.ended;
    if (this.#ended) throw hasEnded("the transaction");
    const lent = this.#lent;
    const calls = this.#calls;
    this.#savepoints += 1;
    const name = `smith_${this.#depth}_${this.#savepoints}`;
    await lent.control(`SAVEPOINT ${name}`, { harmless: true, bounds, calls });
    const scope = new Scope(lent, this);
    try {
      const result = await scope.run(work, call);
      scope.refuseFailed();
      await lent.control(`RELEASE SAVEPOINT ${name}`, { harmless: true, bounds, calls });
      return result;
    } catch (error) {
      if (lent.session.lost === undefined)
        await lent.control(`ROLLBACK TO SAVEPOINT ${name}; RELEASE SAVEPOINT ${name}`, {
          harmless: true,
          bounds: undefined,
          calls,
        });
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
