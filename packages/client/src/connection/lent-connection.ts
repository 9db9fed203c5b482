import type { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { Queryable, QueryResult } from "../queryable/queryable.ts";
import { queryableOf } from "../queryable/queryable-of.ts";
import { encodeValues } from "../statement/encode-values.ts";
import { parseRows } from "../statement/parse-rows.ts";
import type { PreparedText, PreparedTexts } from "../statement/prepared-text.ts";
import type { Statement } from "../statement/statement.ts";
import { type Call, startCall } from "./call.ts";
import { execute } from "./execute.ts";
import { SerialQueue } from "./serial-queue.ts";
import type { Session } from "./session.ts";
import type { StatementRun } from "./statement-run.ts";
import { streamRows } from "./stream-rows.ts";

/** How statements are run on a connection. */
export interface StatementPolicy {
  readonly texts: PreparedTexts;
  readonly callTimeoutMs: number;
  /** The server may keep statements under a name. */
  readonly named: boolean;
}

/** A connection in the hands of one user, whose statements run one after the other. */
export class LentConnection {
  readonly on: Queryable;
  readonly session: Session;
  readonly queue = new SerialQueue();
  readonly #policy: StatementPolicy;
  #ended: string | undefined;

  constructor(session: Session, policy: StatementPolicy) {
    this.session = session;
    this.#policy = policy;
    this.on = this.queryable();
  }

  /** Refuses every statement from now on. */
  end(what: string): void {
    this.#ended ??= what;
  }

  /** Statements on this connection, as long as `guard` does not throw. */
  queryable(guard: () => void = () => {}): Queryable {
    const check = () => {
      guard();
      if (this.#ended !== undefined) throw ended(this.#ended);
    };
    return queryableOf({
      query: async (statement, options) => {
        check();
        return await this.#query(statement, options);
      },
      stream: (statement, options) => {
        check();
        return streamRows(this, statement, options);
      },
    });
  }

  /** Runs a statement of our own, like BEGIN. */
  async control(text: string, call: Call): Promise<StatementRun> {
    const prepared: PreparedText = this.#policy.texts.of(text);
    return await execute(
      this.session,
      { prepared, values: [], reads: false, idempotent: false, named: false },
      call,
    );
  }

  startCall(options: QueryOptions | undefined): Call {
    return startCall(options, this.#policy.callTimeoutMs);
  }

  async #query<Row extends z.ZodType>(
    statement: Statement<Row>,
    options: QueryOptions | undefined,
  ): Promise<QueryResult<z.output<Row>>> {
    const prepared = this.#policy.texts.of(statement.sql);
    const values = encodeValues(statement.values);
    const call = this.startCall(options);
    try {
      const run = await this.queue.run(call, () =>
        execute(
          this.session,
          {
            prepared,
            values,
            reads: false,
            idempotent: options?.idempotent === true,
            named: this.#policy.named,
          },
          call,
        ),
      );
      return { rows: parseRows(statement, run.rows), rowCount: run.rowCount };
    } finally {
      call.stop();
    }
  }
}

function ended(what: string): ClientError {
  return new ClientError("WRONG_STATUS", `${what} has ended: no statement can run on it any more`, {
    hint: "Await every statement inside the function that was given the connection or transaction.",
  });
}
