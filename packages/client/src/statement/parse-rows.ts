import { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import type { Statement } from "./statement.ts";

/**
 * Parses rows by the statement's schema.
 *
 * @param before how many rows of the statement came before these
 * @throws ClientError `UNEXPECTED_ROW` with the number of the row, and what is wrong where
 */
export function parseRows<Row extends z.ZodType>(
  { parser, sql }: Statement<Row>,
  rows: readonly unknown[],
  before = 0,
): z.output<Row>[] {
  const parsed = new Array<z.output<Row>>(rows.length);
  for (let index = 0; index < rows.length; index += 1) {
    const result = parser.safeParse(rows[index]);
    if (!result.success) throw unexpectedRow(result.error, before + index, sql);
    parsed[index] = result.data;
  }
  return parsed;
}

function unexpectedRow(error: z.ZodError, row: number, statement: string): ClientError {
  return new ClientError(
    "UNEXPECTED_ROW",
    `row ${row + 1} does not meet the statement's schema: ${z.prettifyError(error)}`,
    {
      hint: "Mend the schema that was given to sql.type, or the columns of the statement.",
      cause: error,
      details: {
        row: row + 1,
        issues: error.issues.map(({ path, message }) => ({ path: path.join("."), message })),
        statement,
      },
    },
  );
}
