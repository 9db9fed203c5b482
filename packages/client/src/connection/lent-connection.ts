import type { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { Queryable, QueryResult } from "../queryable/queryable.ts";
import { queryableOf } from "../queryable/queryable-of.ts";
import { noteOrigin } from "../resilience/foreign-failure.ts";
import { encodeValues } from "../statement/encode-values.ts";
import { parseRows } from "../statement/parse-rows.ts";
import type { PreparedText, PreparedTexts } from "../statement/prepared-text.ts";
import type { Statement } from "../statement/statement.ts";
import { type Call, type CallBounds, startCall } from "./call.ts";
import { CallGroup } from "./call-group.ts";
import type { Exchange } from "./exchange.ts";
import { exchangeCancellably, execute, failureOf } from "./execute.ts";
import { ScriptRun } from "./script-run.ts";
import { SerialQueue } from "./serial-queue.ts";
import type { Session } from "./session.ts";
import { streamRows } from "./stream-rows.ts";

/** How statements are run on a connection. */
export interface StatementPolicy {
  readonly texts: PreparedTexts;
  readonly callTimeoutMs: number;
  /** The server may keep statements under a name. */
  readonly named: boolean;
  /** Whether a statement may run at all; throws when not. */
  readonly check: Guard;
  /** Follows BEGIN: what the session does not set. */
  readonly afterBegin: string;
}

/** Whether a statement may run; throws when not. */
export type Guard = (prepared: PreparedText) => void;

/** A connection in the hands of one user, whose statements run one after the other. */
export class LentConnection {
  readonly session: Session;
  readonly policy: StatementPolicy;
  /** What failed last. */
  failure: Error | undefined;
  readonly #queue = new SerialQueue();
  readonly #calls = new CallGroup();
  readonly #failures = new WeakSet<object>();
  #ended = false;
  /** A stream has made the transaction that is open. */
  #streaming = false;

  readonly #reads: boolean;

  /** @param reads whether its statements change nothing, so that none has an outcome that is not known */
  constructor(session: Session, policy: StatementPolicy, reads = false) {
    this.session = session;
    this.policy = policy;
    this.#reads = reads;
  }

  /** Whether it was given back: then the session may be another's. */
  get ended(): boolean {
    return this.#ended;
  }

  /** To be called before the session is given back: a stream that somebody kept must not touch it any more. */
  end(): void {
    this.#ended = true;
  }

  /** The verbs, for as long as `guard` lets statements through; `calls` takes their calls in. */
  queryable(guard: Guard, calls: CallGroup = this.#calls): Queryable {
    return queryableOf({
      query: (statement, options) => this.#query(statement, options, guard, calls),
      stream: (statement, options) => {
        const prepared = this.#prepare(statement, guard);
        return streamRows(this, { statement, prepared, options, calls, reads: false });
      },
    });
  }

  /** Runs a stream that has its own transaction: nothing else may come into that. */
  async *alone<Row>(rows: () => AsyncGenerator<Row, void, undefined>): AsyncGenerator<Row, void, undefined> {
    this.#streaming = true;
    try {
      yield* rows();
    } finally {
      this.#streaming = false;
    }
  }

  /**
   * Runs statements of our own, like BEGIN, within the caller's bounds; `harmless` when it does no harm that nobody
   * knows whether they ran.
   */
  async control(
    script: string,
    options: {
      readonly harmless: boolean;
      readonly bounds: CallBounds | undefined;
      readonly calls?: CallGroup;
    },
  ): Promise<Exchange> {
    const run = async (call: Call) => {
      const done = await exchangeCancellably(
        this.session,
        call,
        (settled) => new ScriptRun(this.session, script, settled),
      );
      if (done.failure === undefined) return done;
      throw failureOf(this.session, done, call, { harmless: options.harmless, idempotent: false });
    };
    return await this.inTurn(startCall(options.bounds, controlTimeoutMs), run, options.calls);
  }

  /** Undoes the transaction. A connection that does not answer soon is broken, which undoes it as well. */
  async rollBack(): Promise<void> {
    const { session } = this;
    if (session.lost !== undefined) return;
    const late = () => session.break(new Error("the server did not answer to ROLLBACK"));
    const timer = setTimeout(late, rollbackTimeoutMs);
    // It comes after the end of whatever it undoes.
    const undone = await this.#queue.run(startCall(undefined, 0), () => session.script("ROLLBACK"));
    clearTimeout(timer);
    if (undone.failure !== undefined) session.break(undone.failure);
  }

  /** Runs `work` on the connection until it or the call ends: then no statement runs any more. */
  async during<Result>(call: Call, work: () => Promise<Result>): Promise<Result> {
    try {
      return await this.#calls.until(call, work);
    } finally {
      await this.#queue.drained();
    }
  }

  /** Runs `work` when it is its turn; ends the call with it. */
  async inTurn<Result>(
    call: Call,
    work: (call: Call) => Promise<Result>,
    calls: CallGroup = this.#calls,
  ): Promise<Result> {
    try {
      return await calls.during(call, () =>
        this.#queue.run(call, () => {
          if (this.#ended) throw hasEnded("the connection of the statement");
          return work(call);
        }),
      );
    } catch (error) {
      if (error instanceof Error) {
        this.failure = error;
        this.#failures.add(error);
      }
      throw error;
    }
  }

  /** Runs what a caller does with it, and notes whether a failure of that came from here. */
  async work<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      noteOrigin(error, error instanceof Error && this.#failures.has(error));
      throw error;
    }
  }

  /** Resolves when no statement runs or waits. */
  async drained(): Promise<void> {
    await this.#queue.drained();
  }

  async #query<Row extends z.ZodType>(
    statement: Statement<Row>,
    options: QueryOptions | undefined,
    guard: Guard,
    calls: CallGroup,
  ): Promise<QueryResult<z.output<Row>>> {
    const prepared = this.#prepare(statement, guard);
    const values = encodeValues(statement.values);
    const { named, callTimeoutMs } = this.policy;
    const execution = {
      prepared,
      values,
      reads: this.#reads,
      idempotent: options?.idempotent === true,
      named,
    };
    const call = startCall(options, callTimeoutMs);
    const done = await this.inTurn(call, () => execute(this.session, execution, call), calls);
    return { rows: parseRows(statement, done.rows), rowCount: done.rowCount };
  }

  #prepare(statement: Statement, guard: Guard): PreparedText {
    const prepared = this.policy.texts.of(statement);
    guard(prepared);
    this.policy.check(prepared);
    if (!this.#streaming) return prepared;
    throw new ClientError("WRONG_STATUS", "a stream is being read on this connection", {
      hint: "Read it to its end first, or do both in a transaction, where statements may come between its rows.",
    });
  }
}

/** How long a statement of our own may take, in milliseconds; a COMMIT may have to wait for a replica. */
const controlTimeoutMs = 60_000;

/** How long a ROLLBACK may take, in milliseconds: it waits for nobody. */
const rollbackTimeoutMs = 3_000;

/** The refusal of a statement that comes too late. */
export function hasEnded(what: string): ClientError {
  return new ClientError("WRONG_STATUS", `${what} has ended: no statement can run on it any more`, {
    hint: "Await every statement inside the function that was given the connection or transaction.",
  });
}
