import { type Node, type ScanToken, scan } from "libpg-query";
import { type ParsedStatement, parseStatement } from "./parse-statement.ts";

/** A statement, its parts, and its words in their order. */
export interface ReadableStatement extends ParsedStatement {
  readonly text: string;
  readonly bytes: Buffer;
  readonly tree: Node;
  readonly tokens: readonly ScanToken[];
}

/** A statement with all that repairs look at; null for a text that is none. */
export async function readStatement(text: string): Promise<ReadableStatement | null> {
  const parsed = await parseStatement(text);
  if (!("tree" in parsed)) return null;
  const { tokens } = await scan(text);
  return { ...parsed, text, bytes: Buffer.from(text), tokens };
}
