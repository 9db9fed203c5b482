import { loadModule, type Node, parseSync, type RawStmt } from "libpg-query";
import { mustRunOutsideTransaction } from "./non-transactional.ts";
import { refuseUnsupportedStatement } from "./refuse-statement.ts";
import { SourceText } from "./source-text.ts";
import type { ConcurrentIndex, SqlStatement } from "./sql-statement.ts";
import { syntaxError } from "./syntax-error.ts";

/**
 * Splits a migration into its statements with PostgreSQL's own parser. A text without any statement, comments
 * alone for instance, gives an empty list.
 *
 * @param sql the text with LF line ends and without a byte-order mark, as {@link readMigrationFolder} gives it
 * @param fileName names the file in errors
 * @throws {MigrationError} MIGRATION_SYNTAX with line and column, MIGRATION_UNSUPPORTED for transaction control,
 *   psql commands and COPY data
 */
export async function parseStatements(sql: string, fileName: string): Promise<readonly SqlStatement[]> {
  // The parser takes a text without any word for a mistake of its own when it is empty.
  if (sql.trim() === "") return [];
  await loadModule();
  const source = new SourceText(sql);
  return parseText(sql, fileName).flatMap((raw, index) =>
    raw.stmt === undefined ? [] : [toStatement(raw, raw.stmt, index, source, fileName)],
  );
}

function parseText(sql: string, fileName: string): readonly RawStmt[] {
  try {
    return parseSync(sql).stmts ?? [];
  } catch (error) {
    throw syntaxError(error, sql, fileName);
  }
}

function toStatement(
  raw: RawStmt,
  node: Node,
  index: number,
  source: SourceText,
  fileName: string,
): SqlStatement {
  const offsetBytes = raw.stmt_location ?? 0;
  const line = source.lineAt(offsetBytes);
  refuseUnsupportedStatement(node, fileName, line);
  const length = raw.stmt_len ?? 0;
  const concurrentIndex = concurrentIndexOf(node);
  return {
    index,
    text: source.slice(offsetBytes, length === 0 ? undefined : offsetBytes + length).trim(),
    line,
    offsetBytes,
    tag: Object.keys(node)[0] ?? "",
    node,
    transactional: !mustRunOutsideTransaction(node),
    ...(concurrentIndex && { concurrentIndex }),
  };
}

function concurrentIndexOf(node: Node): ConcurrentIndex | undefined {
  if (!("IndexStmt" in node) || node.IndexStmt.concurrent !== true) return undefined;
  const { relation, idxname, if_not_exists } = node.IndexStmt;
  return {
    schema: relation?.schemaname,
    table: relation?.relname ?? "",
    index: idxname ?? "",
    ifNotExists: if_not_exists === true,
  };
}
