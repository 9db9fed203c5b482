import { SmithError } from "@mister-smith/errors";
import type { Interceptor, QueryResultRow } from "slonik";
import { z } from "zod";

/** Checks every row against the zod schema of its query, so that a surprise is found here and not further on. */
export const parseRows: Interceptor = {
  name: "parse-rows",
  transformRow({ resultParser }, query, row): QueryResultRow {
    if (!(resultParser instanceof z.ZodType)) return row;
    const parsed = resultParser.safeParse(row);
    if (parsed.success) return parsedRow.parse(parsed.data);
    throw new SmithError(
      "UNEXPECTED_ROW",
      `the database answered with an unexpected row: ${z.prettifyError(parsed.error)}`,
      {
        hint: "The database may be of another version than this smith; compare with `smith migrate status`.",
        details: { query: query.sql },
      },
    );
  },
};

const parsedRow = z.record(z.string(), z.custom<QueryResultRow[string]>());
