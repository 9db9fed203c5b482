import type { z } from "zod";
import type { ServerPool } from "../pool/server-pool.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { Queryable } from "../queryable/queryable.ts";
import { queryableOf } from "../queryable/queryable-of.ts";
import { isLossOfServer } from "../resilience/failure.ts";
import type { Statement } from "../statement/statement.ts";
import type { CallContext, CallPlan } from "./call-plan.ts";
import { runCall } from "./run-call.ts";
import { streamEvents } from "./stream-events.ts";

/** How statements are run on a route. */
export interface StatementRoute
  extends Pick<
    CallPlan<QueryOptions, unknown>,
    "pool" | "route" | "timeoutMs" | "findTimeoutMs" | "retries" | "repeat"
  > {
  /** What runs them in a pool. */
  readonly on: (pool: ServerPool) => Queryable;
}

/** Single statements, each on the server that the route names for it. */
export function queryableOnRoute(context: CallContext, how: StatementRoute): Queryable {
  const { on } = how;
  return queryableOf({
    query: (statement, options) =>
      runCall(context, {
        ...how,
        kind: "statement",
        options,
        run: (pool, runOptions) => on(pool).query(statement, runOptions),
      }),
    stream: (statement, options) => stream(statement, options),
  });

  async function* stream<Row extends z.ZodType>(
    statement: Statement<Row>,
    options: QueryOptions | undefined,
  ): AsyncGenerator<z.output<Row>, void, undefined> {
    const { events, ended } = streamEvents(context.events);
    let failure: unknown;
    try {
      yield* rowsOf({ ...context, events }, statement, options);
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      ended(failure);
    }
  }

  async function* rowsOf<Row extends z.ZodType>(
    heard: CallContext,
    statement: Statement<Row>,
    options: QueryOptions | undefined,
  ): AsyncGenerator<z.output<Row>, void, undefined> {
    // Until the first row is there nothing was handed on, and another server may begin anew.
    const { rows, first, server } = await runCall(heard, {
      ...how,
      // A stream takes as long as whoever reads it; its statements' time is the server's business.
      timeoutMs: 0,
      kind: "stream",
      options,
      run: async (pool, runOptions, _begun, chosen) => {
        const iterator = on(pool).stream(statement, runOptions)[Symbol.asyncIterator]();
        return { rows: iterator, first: await iterator.next(), server: chosen };
      },
    });
    server.outstanding += 1;
    try {
      for (let next = first; next.done !== true; next = await rows.next()) yield next.value;
    } catch (error) {
      if (isLossOfServer(error)) server.monitor.suspect(error);
      throw error;
    } finally {
      server.outstanding -= 1;
      await rows.return?.();
    }
  }
}
