import type { z } from "zod";
import { startCall } from "../connection/call.ts";
import { execute } from "../connection/execute.ts";
import { LentConnection } from "../connection/lent-connection.ts";
import type { Session } from "../connection/session.ts";
import { streamRows } from "../connection/stream-rows.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { Queryable, QueryResult } from "../queryable/queryable.ts";
import { queryableOf } from "../queryable/queryable-of.ts";
import { encodeValues } from "../statement/encode-values.ts";
import { parseRows } from "../statement/parse-rows.ts";
import { PreparedTexts } from "../statement/prepared-text.ts";
import type { Statement } from "../statement/statement.ts";
import { runTransaction } from "../transaction/run-transaction.ts";
import type { ServerPool } from "./server-pool.ts";
import type { ServerPoolOptions } from "./server-pool-options.ts";
import { SessionPool } from "./session-pool.ts";

/** Opens the connections to one server for one use. */
export function createServerPool(options: ServerPoolOptions): ServerPool {
  const { limits, transactionPooling = false, onConnect } = options;
  const policy = {
    texts: new PreparedTexts(),
    callTimeoutMs: limits.callTimeoutMs,
    named: !transactionPooling && options.preparedStatements !== false,
  };
  const sessions = new SessionPool(options, async (session) => {
    if (onConnect !== undefined) await lend(session, onConnect);
  });

  function statementsOf(reads: boolean): Queryable {
    return queryableOf({
      query: (statement, callOptions) => query(statement, callOptions, reads),
      stream: async function* stream(statement, callOptions) {
        const call = startCall(callOptions, 0);
        const session = await sessions.take(call).finally(() => call.stop());
        const lent = new LentConnection(session, policy);
        try {
          yield* streamRows(lent, statement, callOptions);
        } finally {
          sessions.give(session);
        }
      },
    });
  }

  async function query<Row extends z.ZodType>(
    statement: Statement<Row>,
    callOptions: QueryOptions | undefined,
    reads: boolean,
  ): Promise<QueryResult<z.output<Row>>> {
    const prepared = policy.texts.of(statement.sql);
    const values = encodeValues(statement.values);
    const call = startCall(callOptions, limits.callTimeoutMs);
    try {
      const session = await sessions.take(call);
      try {
        const idempotent = callOptions?.idempotent === true;
        const run = await execute(
          session,
          { prepared, values, reads, idempotent, named: policy.named },
          call,
        );
        return { rows: parseRows(statement, run.rows), rowCount: run.rowCount };
      } finally {
        sessions.give(session);
      }
    } finally {
      call.stop();
    }
  }

  async function lend<Result>(
    session: Session,
    work: (connection: Queryable) => Promise<Result>,
  ): Promise<Result> {
    const lent = new LentConnection(session, policy);
    try {
      return await work(lent.on);
    } finally {
      lent.end("the lent connection");
      await lent.queue.drained();
    }
  }

  async function withSession<Result>(
    callOptions: QueryOptions | undefined,
    work: (session: Session) => Promise<Result>,
  ): Promise<Result> {
    const call = startCall(callOptions, limits.callTimeoutMs);
    const session = await sessions.take(call).finally(() => call.stop());
    try {
      return await work(session);
    } finally {
      sessions.give(session);
    }
  }

  return {
    name: options.name,
    address: `${options.host}:${options.port}`,
    statements: statementsOf(false),
    reads: statementsOf(true),
    connect: (work, callOptions) => withSession(callOptions, (session) => lend(session, work)),
    transaction: (work, transactionOptions) =>
      withSession(transactionOptions, (session) =>
        runTransaction(new LentConnection(session, policy), work, transactionOptions),
      ),
    counts: () => sessions.counts(),
    interrupt: (reason) => sessions.interrupt(reason),
    close: () => sessions.close(),
  };
}
