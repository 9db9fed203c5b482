import type { z } from "zod";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { Statement } from "../statement/statement.ts";
import type { LentConnection } from "./lent-connection.ts";

/** FIRST SLICE. */
export async function* streamRows<Row extends z.ZodType>(
  lent: LentConnection,
  statement: Statement<Row>,
  options: QueryOptions | undefined,
): AsyncGenerator<z.output<Row>, void, undefined> {
  for (const row of await lent.on.any(statement, options)) yield row;
}
