import type { z } from "zod";
import type { SqlParameter } from "./sql-parameter.ts";

/** A statement with its parameters and the schema of its rows, as `sql.type(schema)` makes it. */
export interface Statement<Row extends z.ZodType = z.ZodType> {
  /** Under which it is prepared on the server; see `sql.prepared`. */
  readonly name?: string;
  readonly parser: Row;
  readonly sql: string;
  readonly type: symbol;
  readonly values: readonly SqlParameter[];
}
