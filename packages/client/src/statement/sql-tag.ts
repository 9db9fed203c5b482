import type { z } from "zod";
import type { SqlParameter } from "./sql-parameter.ts";
import type { Statement } from "./statement.ts";

/** A part of a statement, with its parameters. */
export interface SqlFragment {
  readonly sql: string;
  readonly type: symbol;
  readonly values: readonly SqlParameter[];
}

/** What a member of {@link SqlTag} makes, to be put into a statement. */
export interface SqlToken {
  readonly type: symbol;
}

/** Several parts with something between them. */
export interface SqlList extends SqlToken {
  readonly glue: SqlFragment;
  readonly members: readonly SqlValue[];
}

/** What may stand in a statement between `${` and `}`. */
export type SqlValue = SqlParameter | SqlToken;

/** The text of a statement and what stands in it. */
type Template<Made> = (template: TemplateStringsArray, ...values: SqlValue[]) => Made;

/** Builds statements and what stands in them. */
export interface SqlTag {
  /** A statement whose rows are parsed by a zod schema. */
  readonly type: <Row extends z.ZodType>(row: Row) => Template<Statement<Row>>;
  /** As {@link SqlTag.type}, prepared on the server under a name. */
  readonly prepared: <Row extends z.ZodType>(name: string, row: Row) => Template<Statement<Row>>;
  /** A statement whose rows are not checked. */
  readonly unsafe: Template<Statement>;
  /** A part of a statement. */
  readonly fragment: Template<SqlFragment>;
  /** A quoted name, with what it is part of: `"schema"."table"`. */
  readonly identifier: (names: readonly string[]) => SqlToken;
  /** Parts with another one between each two. */
  readonly join: (members: readonly SqlValue[], glue: SqlFragment) => SqlList;
  /** Parts with commas between them. */
  readonly list: (members: readonly SqlValue[]) => SqlList;
  /** Those conditions that are given, all of which must hold; true when none is given. */
  readonly and: (members: readonly (SqlValue | false | undefined)[]) => SqlFragment | SqlList;
  /** Those conditions that are given, one of which must hold; false when none is given. */
  readonly or: (members: readonly (SqlValue | false | undefined)[]) => SqlFragment | SqlList;
  /** An array as one parameter; the second is the type of its members, as in `uuid`. */
  readonly array: (values: readonly SqlParameter[], memberType: string | SqlFragment) => SqlToken;
  /** Rows as one parameter a column; the second is the types of the columns. */
  readonly unnest: (
    rows: readonly (readonly SqlParameter[])[],
    columnTypes: (string | SqlFragment)[] | [...string[], string][],
  ) => SqlToken;
  readonly json: (value: object | string | number | boolean | null) => SqlToken;
  readonly jsonb: (value: object | string | number | boolean | null) => SqlToken;
  readonly binary: (data: Buffer) => SqlToken;
  readonly uuid: (uuid: string) => SqlToken;
  /** The day of a time, in UTC. */
  readonly date: (date: Date) => SqlToken;
  readonly timestamp: (time: Date) => SqlToken;
  readonly interval: (interval: {
    readonly years?: number;
    readonly months?: number;
    readonly weeks?: number;
    readonly days?: number;
    readonly hours?: number;
    readonly minutes?: number;
    readonly seconds?: number;
  }) => SqlToken;
  /** Text as a literal, for statements that take no parameters. */
  readonly literalValue: (value: string) => SqlFragment;
}
