import { type Node, parse } from "libpg-query";

/** What a statement does, by its parse tree: `other` is all that PostgreSQL makes no plan for. */
export type StatementKind = "select" | "insert" | "update" | "delete" | "merge" | "other";

/** A text that is one statement. */
export interface ParsedStatement {
  readonly kind: StatementKind;
  readonly tree: Node;
}

/** Why a text is no statement that can be looked at. */
export interface NotParsed {
  readonly kind: "not one statement" | "no statement";
  readonly reason: string;
}

const kinds: Readonly<Record<string, StatementKind>> = {
  SelectStmt: "select",
  InsertStmt: "insert",
  UpdateStmt: "update",
  DeleteStmt: "delete",
  MergeStmt: "merge",
};

/** Longer texts are not parsed: PostgreSQL's own limit for what it keeps of one that runs is 1 MiB. */
const longestText = 1_048_576;

/**
 * Reads a text as PostgreSQL's own grammar does, in this process: nothing is sent to a server. Never throws for any text.
 */
export async function parseStatement(text: string): Promise<ParsedStatement | NotParsed> {
  if (text.length > longestText)
    return { kind: "no statement", reason: `it is longer than ${longestText} characters` };
  // The parser sees text up to a NUL only, and would take a part for the whole.
  if (text.includes("\0")) return { kind: "no statement", reason: "it has a NUL character" };
  try {
    const { stmts = [] } = await parse(text);
    const [only] = stmts;
    if (stmts.length !== 1 || only?.stmt === undefined)
      return { kind: "not one statement", reason: `it holds ${stmts.length} statements` };
    const [node = ""] = Object.keys(only.stmt);
    return { kind: kinds[node] ?? "other", tree: only.stmt };
  } catch (error) {
    if (error instanceof Error) return { kind: "no statement", reason: error.message };
    throw error;
  }
}
