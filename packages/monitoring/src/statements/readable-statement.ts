import { type Node, type ScanToken, scan } from "libpg-query";
import { type ParsedStatement, parseStatement } from "./parse-statement.ts";

/** A statement, its parts, and its words in their order. */
export interface ReadableStatement extends ParsedStatement {
  readonly text: string;
  readonly bytes: Buffer;
  readonly tree: Node;
  readonly tokens: readonly ScanToken[];
}

/**
 * A text that was parsed before, with all that repairs look at.
 *
 * @throws TypeError when it is no statement, which a repair would have made of one
 */
export async function readStatement(text: string): Promise<ReadableStatement> {
  const parsed = await parseStatement(text);
  if (!("tree" in parsed)) throw new TypeError(`the repaired statement cannot be parsed: ${parsed.reason}`);
  const { tokens } = await scan(text);
  return { ...parsed, text, bytes: Buffer.from(text), tokens };
}
