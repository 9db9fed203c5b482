import type { TextEdit } from "./edit-text.ts";
import type { ReadableStatement } from "./readable-statement.ts";

/** Takes comments with a semicolon away, and one behind the statement: there may be no second statement on PostgreSQL 15. */
export function leftOutComments({ tokens }: ReadableStatement): readonly TextEdit[] {
  return tokens.flatMap(({ tokenName, text, start, end }) =>
    (tokenName.endsWith("_COMMENT") && text.includes(";")) || text === ";" ? [{ start, end, text: " " }] : [],
  );
}
