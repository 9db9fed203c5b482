import { hasSqlDetails } from "libpg-query";
import { MigrationError } from "../errors/migration-error.ts";
import { positionAfter } from "./source-text.ts";

/** What the parser threw, with file, line and column, and the remedy where a psql habit is the cause. */
export function syntaxError(error: unknown, sql: string, file: string): MigrationError {
  const cursor = hasSqlDetails(error) ? (error.sqlDetails?.cursorPosition ?? 0) : 0;
  const { line, column } = positionAfter(sql, cursor);
  const reason = error instanceof Error ? error.message : String(error);
  return new MigrationError("MIGRATION_SYNTAX", `${file}, line ${line}, column ${column}: ${reason}`, {
    cause: error,
    hint: hintFor(sql, line),
    details: { file, line, column },
  });
}

function hintFor(sql: string, line: number): string {
  const lines = sql.split("\n");
  if (/^\s*\\/.test(lines[line - 1] ?? "")) {
    return "Lines that start with a backslash are commands of psql, not SQL; write plain SQL.";
  }
  if (/\bfrom\s+stdin\b/i.test(lines.slice(0, line).join("\n"))) {
    return "COPY … FROM STDIN with its data below is a way of psql; write the rows as INSERT … VALUES.";
  }
  return "Nothing was run. Correct the file and run the command again.";
}
