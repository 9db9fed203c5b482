import type { z } from "zod";
import type { Statement } from "../statement/statement.ts";
import type { QueryOptions } from "./query-options.ts";

/** What a statement answered. */
export interface QueryResult<Row> {
  readonly rows: readonly Row[];
  /** Rows that were returned, or changed by a statement that returns none. */
  readonly rowCount: number;
}

/**
 * What the first column of a row may hold: one of its columns' types. The first column is that which the statement's
 * schema names first: give a schema of one column, or name that one first.
 */
export type FirstOf<Row extends z.ZodType> = z.output<Row>[keyof z.output<Row>];

/**
 * Where statements run: a pool, a connection or a transaction.
 *
 * The verb says how many rows may come. Rows are parsed by the statement's schema. Every method throws a
 * `DatabaseError` when the server refuses, and a `ClientError` when the way to it fails or the answer is not what
 * the verb or the schema allows.
 */
export interface Queryable {
  /** Runs a statement; for those that return no rows, `rowCount` says how many were changed. */
  query<Row extends z.ZodType>(
    statement: Statement<Row>,
    options?: QueryOptions,
  ): Promise<QueryResult<z.output<Row>>>;
  /** Any number of rows. */
  any<Row extends z.ZodType>(
    statement: Statement<Row>,
    options?: QueryOptions,
  ): Promise<readonly z.output<Row>[]>;
  /** At least one row, else `NOT_FOUND`. */
  many<Row extends z.ZodType>(
    statement: Statement<Row>,
    options?: QueryOptions,
  ): Promise<readonly z.output<Row>[]>;
  /** Exactly one row, else `NOT_FOUND` or `TOO_MANY_ROWS`. */
  one<Row extends z.ZodType>(statement: Statement<Row>, options?: QueryOptions): Promise<z.output<Row>>;
  /** One row or none (null), else `TOO_MANY_ROWS`. */
  maybeOne<Row extends z.ZodType>(
    statement: Statement<Row>,
    options?: QueryOptions,
  ): Promise<z.output<Row> | null>;
  /** The first column of {@link Queryable.any}. */
  anyFirst<Row extends z.ZodType>(
    statement: Statement<Row>,
    options?: QueryOptions,
  ): Promise<readonly FirstOf<Row>[]>;
  /** The first column of {@link Queryable.many}. */
  manyFirst<Row extends z.ZodType>(
    statement: Statement<Row>,
    options?: QueryOptions,
  ): Promise<readonly FirstOf<Row>[]>;
  /** The first column of {@link Queryable.one}. */
  oneFirst<Row extends z.ZodType>(statement: Statement<Row>, options?: QueryOptions): Promise<FirstOf<Row>>;
  /** The first column of {@link Queryable.maybeOne}. */
  maybeOneFirst<Row extends z.ZodType>(
    statement: Statement<Row>,
    options?: QueryOptions,
  ): Promise<FirstOf<Row> | null>;
  /** Whether the statement returns any row. */
  exists(statement: Statement, options?: QueryOptions): Promise<boolean>;
  /**
   * The rows one after the other, read from the server as they are taken, for what does not fit in memory. The
   * connection is held until the loop ends. A broken connection ends it with an error; rows are never repeated.
   * When its time is over or its signal aborts, it ends on the server at once and frees the connection, also while nobody
   * asks for the next row; whoever asks next gets the reason.
   */
  stream<Row extends z.ZodType>(
    statement: Statement<Row>,
    options?: QueryOptions,
  ): AsyncIterable<z.output<Row>>;
}
