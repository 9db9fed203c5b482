import { loadModule, scanSync } from "libpg-query";
import type { SqlStatement } from "../statements/sql-statement.ts";

/** A comment that takes responsibility for a finding. */
export interface Acknowledgement {
  readonly rule: string;
  readonly reason: string;
  /** Line of the comment, from 1. */
  readonly line: number;
  /** The statement it stands above or in; `file` for the whole file; undefined when nothing follows. */
  readonly scope: SqlStatement | "file" | undefined;
}

const pattern =
  /^(?:--|\/\*)\s*smith:accept(?<wholeFile>-file)?(?![\w-])\s*(?<rule>[\w-]*):?\s*(?<reason>.*?)\s*(?:\*\/)?$/s;

/** Reads the acknowledgements of a file; string and function bodies are no comments. */
export async function readAcknowledgements(
  sql: string,
  statements: readonly SqlStatement[],
): Promise<readonly Acknowledgement[]> {
  if (!sql.includes("smith:accept")) return [];
  await loadModule();
  const bytes = Buffer.from(sql, "utf8");
  return scanSync(sql).tokens.flatMap((token) => {
    const groups = /COMMENT$/.test(token.tokenName) ? pattern.exec(token.text)?.groups : undefined;
    if (groups === undefined) return [];
    const line = bytes.subarray(0, token.start).toString("utf8").split("\n").length;
    const scope = groups["wholeFile"] === undefined ? statementAt(statements, token.start) : "file";
    return [
      { rule: groups["rule"] ?? "", reason: groups["reason"] ?? "", line, scope } satisfies Acknowledgement,
    ];
  });
}

/** The statement that an offset lies in, else the next one. */
function statementAt(statements: readonly SqlStatement[], offset: number): SqlStatement | undefined {
  return statements.find(
    (statement) => offset < statement.offsetBytes + Buffer.byteLength(statement.text, "utf8"),
  );
}
