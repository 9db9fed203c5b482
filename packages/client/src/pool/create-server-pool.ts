import type { z } from "zod";
import { boundedRows } from "../connection/bounded-rows.ts";
import { type Call, type CallBounds, fromNow, startCall } from "../connection/call.ts";
import { CallGroup } from "../connection/call-group.ts";
import { execute } from "../connection/execute.ts";
import { hasEnded, LentConnection, type StatementPolicy } from "../connection/lent-connection.ts";
import type { Session } from "../connection/session.ts";
import { settleSession } from "../connection/settle-session.ts";
import { streamRows } from "../connection/stream-rows.ts";
import { ClientError } from "../errors/client-error.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { Queryable, QueryResult } from "../queryable/queryable.ts";
import { queryableOf } from "../queryable/queryable-of.ts";
import { encodeValues } from "../statement/encode-values.ts";
import { parseRows } from "../statement/parse-rows.ts";
import { type PreparedText, PreparedTexts } from "../statement/prepared-text.ts";
import type { Statement } from "../statement/statement.ts";
import { runTransaction } from "../transaction/run-transaction.ts";
import type { ServerPool } from "./server-pool.ts";
import type { PoolLimits, ServerPoolOptions } from "./server-pool-options.ts";
import { closed, SessionPool } from "./session-pool.ts";

/** Opens the connections to one server for one use. */
export function createServerPool(options: ServerPoolOptions): ServerPool {
  const { limits, transactionPooling = false, onConnect } = options;
  const policy: StatementPolicy = {
    texts: new PreparedTexts(),
    check: transactionPooling ? refuseSession : () => {},
    callTimeoutMs: callTimeoutOf(options),
    named: !transactionPooling && options.preparedStatements !== false,
    afterBegin: transactionPooling ? localTimeouts(limits) : "",
  };
  /** What runs in the hands of users; a transaction or a lent connection may never come to its end. */
  const running = new CallGroup();
  const sessions = new SessionPool(options, async (session) => {
    const late = () => session.break(lateGreeting(options));
    const timer = setTimeout(late, limits.connectTimeoutMs);
    await greet(session).finally(() => clearTimeout(timer));
  });

  async function greet(session: Session): Promise<void> {
    await settleSession(session, { shared: transactionPooling });
    if (onConnect !== undefined) await lend(session, onConnect, startCall(undefined, 0), false);
  }

  function statementsOf(reads: boolean): Queryable {
    return queryableOf({
      query: (statement, callOptions) => query(statement, callOptions, reads),
      stream: (statement, callOptions) => stream(statement, callOptions, reads),
    });
  }

  // When the time is over, the session is given back as well, and does not wait for the reader.
  function stream<Row extends z.ZodType>(
    statement: Statement<Row>,
    callOptions: QueryOptions | undefined,
    reads: boolean,
  ): AsyncGenerator<z.output<Row>, void, undefined> {
    return boundedRows(callOptions, (_whole, bounds) => lentStream(statement, bounds, reads));
  }

  async function* lentStream<Row extends z.ZodType>(
    statement: Statement<Row>,
    options: QueryOptions | undefined,
    reads: boolean,
  ): AsyncGenerator<z.output<Row>, void, undefined> {
    const prepared = policy.texts.of(statement);
    policy.check(prepared);
    if (reads) refuseWriting(prepared);
    const session = await take(options);
    const lent = new LentConnection(session, policy);
    try {
      const rows = { statement, prepared, options, calls: undefined, reads };
      yield* streamRows(lent, rows);
    } finally {
      lent.end();
      sessions.give(session);
    }
  }

  async function query<Row extends z.ZodType>(
    statement: Statement<Row>,
    callOptions: QueryOptions | undefined,
    reads: boolean,
  ): Promise<QueryResult<z.output<Row>>> {
    const prepared = policy.texts.of(statement);
    policy.check(prepared);
    if (reads) refuseWriting(prepared);
    const values = encodeValues(statement.values);
    const call = startCall(callOptions, policy.callTimeoutMs);
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

  async function take(bounds: CallBounds | undefined): Promise<Session> {
    const call = startCall(bounds, policy.callTimeoutMs);
    return await sessions.take(call).finally(() => call.stop());
  }

  async function lend<Result>(
    session: Session,
    work: (connection: Queryable) => Promise<Result>,
    call: Call,
    isCallers: boolean,
  ): Promise<Result> {
    // Of our own we only ask what the server is.
    const lent = new LentConnection(session, policy, !isCallers);
    let ended = false;
    const on = lent.queryable(() => {
      if (ended) throw hasEnded("the lent connection");
    });
    try {
      return await lent.during(call, () => (isCallers ? lent.work(() => work(on)) : work(on)));
    } finally {
      ended = true;
      lent.end();
    }
  }

  async function withSession<Options extends CallBounds, Result>(
    callOptions: Options | undefined,
    work: (session: Session, bounds: Options | undefined) => Promise<Result>,
  ): Promise<Result> {
    const bounds = fromNow(callOptions);
    const session = await take(bounds);
    try {
      return await work(session, bounds);
    } finally {
      sessions.give(session);
    }
  }

  return {
    name: options.name,
    address: `${options.host}:${options.port}`,
    statements: statementsOf(false),
    reads: statementsOf(true),
    connect: (work, callOptions) =>
      withSession(callOptions, (session, bounds) =>
        running.during(startCall(bounds, 0), (call) => lend(session, work, call, true)),
      ),
    transaction: (work, transactionOptions) =>
      withSession(transactionOptions, (session, bounds) => {
        const lent = new LentConnection(session, policy);
        return runTransaction(lent, work, bounds, running).finally(() => lent.end());
      }),
    counts: () => sessions.counts(),
    interrupt: (reason) => sessions.interrupt(reason),
    async close() {
      await sessions.close();
      running.end(closed());
    },
  };
}

// A pooler may have no connection to the server free for what is asked of a new one: that is no sign of a dead server.
function lateGreeting({ name, host, port, limits, transactionPooling }: ServerPoolOptions): Error {
  if (transactionPooling !== true) return new Error("what is asked of a new connection took too long");
  const what = `the pooler had no connection for the pool ${name} within ${limits.connectTimeoutMs} ms`;
  return new ClientError("POOL_EXHAUSTED", what, {
    hint: "Give the pooler more connections to the server, or statements and transactions less time.",
    retryable: true,
    details: { pool: name, address: `${host}:${port}` },
  });
}

// What is read is repeated when its connection breaks.
function refuseWriting(prepared: PreparedText): void {
  if (prepared.reads) return;
  throw new ClientError("INVALID_INPUT", "a statement that writes is not run as a read", {
    hint: "Give it to `db.write`, or to a transaction.",
    details: { statement: prepared.text },
  });
}

// Behind a pooler of transactions the session is shared with others, who would meet what is set there.
function refuseSession({ effect, text }: PreparedText): void {
  if (effect.session === "none" || effect.session === "unknown") return;
  throw new ClientError(
    "INVALID_INPUT",
    "the statement sets its session, which a pooler of transactions shares",
    {
      hint: "Use SET LOCAL, set_config(…, true) or pg_advisory_xact_lock in a transaction, no temporary table, or a pool without `transactionPooling`.",
      details: { statement: text },
    },
  );
}

// Behind a pooler of transactions the server's own limit does not reach a single statement: the call's does.
function callTimeoutOf({ limits, transactionPooling }: ServerPoolOptions): number {
  const { callTimeoutMs, statementTimeoutMs } = limits;
  if (transactionPooling !== true || statementTimeoutMs === 0) return callTimeoutMs;
  return callTimeoutMs === 0 ? statementTimeoutMs : Math.min(callTimeoutMs, statementTimeoutMs);
}

function localTimeouts({
  statementTimeoutMs,
  lockTimeoutMs,
  idleInTransactionTimeoutMs,
}: PoolLimits): string {
  return (
    `SET LOCAL statement_timeout = ${statementTimeoutMs}; SET LOCAL lock_timeout = ${lockTimeoutMs}; ` +
    `SET LOCAL idle_in_transaction_session_timeout = ${idleInTransactionTimeoutMs}`
  );
}
