import type { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import type { Statement } from "../statement/statement.ts";
import type { QueryOptions } from "./query-options.ts";
import type { FirstOf, Queryable, QueryResult } from "./queryable.ts";

/** What a {@link Queryable} stands on. */
export interface RunStatement {
  readonly query: Queryable["query"];
  readonly stream: Queryable["stream"];
}

/** Gives the two ways to run a statement the verbs of {@link Queryable}. */
export function queryableOf({ query, stream }: RunStatement): Queryable {
  async function any<Row extends z.ZodType>(statement: Statement<Row>, options?: QueryOptions) {
    return (await query(statement, options)).rows;
  }
  async function many<Row extends z.ZodType>(statement: Statement<Row>, options?: QueryOptions) {
    const { rows } = await query(statement, options);
    if (rows.length === 0) throw notFound(statement);
    return rows;
  }
  async function one<Row extends z.ZodType>(statement: Statement<Row>, options?: QueryOptions) {
    const row = atMostOne(statement, await query(statement, options));
    if (row === undefined) throw notFound(statement);
    return row;
  }
  async function maybeOne<Row extends z.ZodType>(statement: Statement<Row>, options?: QueryOptions) {
    return atMostOne(statement, await query(statement, options)) ?? null;
  }
  return {
    query,
    stream,
    any,
    many,
    one,
    maybeOne,
    anyFirst: async <Row extends z.ZodType>(statement: Statement<Row>, options?: QueryOptions) =>
      (await any(statement, options)).map((row) => firstColumn<Row>(row)),
    manyFirst: async <Row extends z.ZodType>(statement: Statement<Row>, options?: QueryOptions) =>
      (await many(statement, options)).map((row) => firstColumn<Row>(row)),
    oneFirst: async <Row extends z.ZodType>(statement: Statement<Row>, options?: QueryOptions) =>
      firstColumn<Row>(await one(statement, options)),
    maybeOneFirst: async <Row extends z.ZodType>(statement: Statement<Row>, options?: QueryOptions) => {
      const row = await maybeOne(statement, options);
      return row === null ? null : firstColumn<Row>(row);
    },
    exists: async (statement, options) => (await query(statement, options)).rows.length > 0,
  };
}

function atMostOne<Row>(statement: Statement, { rows }: QueryResult<Row>): Row | undefined {
  if (rows.length < 2) return rows[0];
  throw new ClientError(
    "TOO_MANY_ROWS",
    `the statement returned ${rows.length} rows where one was expected`,
    {
      hint: "Use `any` or `many` when several rows may come.",
      details: { statement: statement.sql },
    },
  );
}

function notFound(statement: Statement): ClientError {
  return new ClientError("NOT_FOUND", "the statement returned no row where one was expected", {
    hint: "Use `maybeOne` or `any` when there may be none.",
    details: { statement: statement.sql },
  });
}

// The schema of a row does not say which column comes first.
function firstColumn<Row extends z.ZodType>(row: z.output<Row>): FirstOf<Row> {
  return Object.values(row as Record<string, FirstOf<Row>>)[0] as FirstOf<Row>;
}
