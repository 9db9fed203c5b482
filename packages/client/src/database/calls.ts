import type { DatabaseConfig } from "../config/database-config.ts";
import { fromNow, startCall } from "../connection/call.ts";
import { CallGroup } from "../connection/call-group.ts";
import type { TransactionOptions } from "../executor/transaction-options.ts";
import type { PoolName, ServerPool } from "../pool/server-pool.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { Queryable } from "../queryable/queryable.ts";
import type { CallContext, CallPlan } from "../routing/call-plan.ts";
import { closedError } from "../routing/closed-error.ts";
import { queryableOnRoute } from "../routing/queryable-on-route.ts";
import {
  type RepeatRule,
  repeatRead,
  repeatTransaction,
  repeatUnbegun,
  repeatWrite,
} from "../routing/repeat-rules.ts";
import type { Route } from "../routing/route.ts";
import type { Routing } from "../routing/routing.ts";
import { runCall } from "../routing/run-call.ts";
import { parseToken, type TokenPosition, tokenOf } from "../routing/token.ts";
import { writePosition } from "../servers/write-position.ts";
import type { Transaction } from "../transaction/transaction.ts";
import type { Database } from "./database.ts";

/** The part of a database that runs things. */
export type Calls = Pick<
  Database,
  "read" | "write" | "background" | "analytics" | "transaction" | "writeWithToken" | "connect" | "ready"
>;

/** What {@link callsOf} needs. */
export interface CallsOptions {
  readonly config: DatabaseConfig;
  readonly routing: Routing;
  readonly context: CallContext;
}

/** How long the position of a write may take to be told, in milliseconds. */
const positionTimeoutMs = 5_000;

/** Joins routes, pools and retries to what callers see. */
export function callsOf({ config, routing, context }: CallsOptions): Calls {
  const write = statementsOn("primary", routing.write, repeatWrite, (pool) => pool.statements);
  const read = reader(routing.read);
  return {
    read: {
      ...read,
      after(token) {
        const position = parseToken(token);
        return position === "primary" ? readPrimary() : reader(routing.readAfter(position));
      },
    },
    write,
    background: statementsOn("background", routing.background, repeatWrite, (pool) => pool.statements),
    analytics: statementsOn("analytics", routing.analytics, repeatRead, (pool) => pool.reads),
    transaction: (work, options) =>
      transaction(options, (pool, runOptions, begun) =>
        pool.transaction((tx) => {
          begun();
          return work(tx);
        }, runOptions),
      ),
    writeWithToken: (work, options) => writeWithToken(work, options),
    connect,
    async ready({ signal, timeoutMs = config.pools.primary.limits.acquireTimeoutMs } = {}) {
      if (context.closing.aborted) throw closedError();
      await routing.write.find(performance.now() + timeoutMs, signal);
    },
  };

  function reader(route: Route): Queryable {
    return statementsOn("replica", route, repeatRead, (pool) => pool.reads);
  }

  function readPrimary(): Queryable {
    return statementsOn("primary", routing.write, repeatRead, (pool) => pool.reads);
  }

  function statementsOn(
    pool: PoolName,
    route: Route,
    repeat: RepeatRule,
    on: (pool: ServerPool) => Queryable,
  ): Queryable {
    return queryableOnRoute(context, { ...planOf(pool, route, repeat), on });
  }

  function planOf(pool: PoolName, route: Route, repeat: RepeatRule) {
    const { callTimeoutMs, acquireTimeoutMs } = (config.pools[pool] ?? config.pools.primary).limits;
    return {
      pool,
      route,
      repeat,
      timeoutMs: callTimeoutMs,
      findTimeoutMs: acquireTimeoutMs,
      retries: config.retry.retries,
    };
  }

  function transaction<Result>(
    options: TransactionOptions | undefined,
    run: CallPlan<TransactionOptions, Result>["run"],
  ): Promise<Result> {
    const plan = planOf("primary", routing.write, repeatTransaction);
    return runCall(context, {
      ...plan,
      kind: "transaction",
      options,
      retries: options?.retries ?? plan.retries,
      run,
    });
  }

  function writeWithToken<Result>(
    work: (tx: Transaction) => Promise<Result>,
    given: TransactionOptions | undefined,
  ) {
    const options = fromNow(given);
    return transaction(options, async (pool, runOptions, begun) => {
      const value = await pool.transaction((tx) => {
        begun();
        return work(tx);
      }, runOptions);
      // It is committed: whatever goes wrong now must not look as if it were not.
      const position = await positionWithin(options, pool).catch(() => "primary" as const);
      return { value, token: tokenOf(position) };
    });
  }

  async function positionWithin(
    options: TransactionOptions | undefined,
    pool: ServerPool,
  ): Promise<TokenPosition> {
    const call = startCall(options, 0);
    const ask = () => writePosition(pool.reads, positionTimeoutMs);
    return (await new CallGroup().until(call, ask).finally(() => call.stop())) ?? "primary";
  }

  function connect<Result>(
    work: (connection: Queryable) => Promise<Result>,
    options?: QueryOptions,
  ): Promise<Result> {
    let hasBegun = false;
    return runCall(context, {
      ...planOf(
        "primary",
        routing.write,
        repeatUnbegun(() => hasBegun),
      ),
      kind: "session",
      options,
      run: (pool, runOptions: QueryOptions | undefined, begun) =>
        pool.connect((connection) => {
          hasBegun = true;
          begun();
          return work(connection);
        }, runOptions),
    });
  }
}
