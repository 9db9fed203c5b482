import type { Executor, Queryable, Statement } from "../../src/index.ts";
import { queryableOf } from "../../src/queryable/queryable-of.ts";

/** Passes every statement on and keeps it. */
export function observed(on: Executor): { readonly on: Executor; readonly statements: Statement[] } {
  const statements: Statement[] = [];
  const keep = (below: Queryable) =>
    queryableOf({
      query: (statement, options) => {
        statements.push(statement);
        return below.query(statement, options);
      },
      stream: (statement, options) => {
        statements.push(statement);
        return below.stream(statement, options);
      },
    });
  return {
    statements,
    on: {
      read: keep(on.read),
      write: keep(on.write),
      transaction: (work, options) => on.transaction(work, options),
    },
  };
}

/** Runs each write that may be repeated twice and keeps the second answer, as if the first had been lost on its way. */
export function repeating(on: Executor): Executor {
  const write = queryableOf({
    query: async (statement, options) => {
      if (options?.idempotent === true) await on.write.query(statement, options);
      return await on.write.query(statement, options);
    },
    stream: on.write.stream,
  });
  return { read: on.read, write, transaction: (work, options) => on.transaction(work, options) };
}
