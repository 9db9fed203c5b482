import { editText, type TextEdit } from "./edit-text.ts";
import { extractFields } from "./extract-fields.ts";
import { groupedParameters } from "./grouped-parameters.ts";
import { leftOutComments } from "./left-out-comments.ts";
import { type NotParsed, parseStatement, type StatementKind } from "./parse-statement.ts";
import { type ReadableStatement, readStatement } from "./readable-statement.ts";
import { typedLiterals } from "./typed-literals.ts";

/** A statement that PostgreSQL can prepare, unless the types of its parameters say nothing to it. */
export interface RepairedStatement {
  readonly kind: StatementKind;
  readonly text: string;
}

const repairs: readonly ((statement: ReadableStatement) => readonly TextEdit[])[] = [
  leftOutComments,
  // First: the others change what it compares.
  groupedParameters,
  typedLiterals,
  extractFields,
];

/**
 * Mends what pg_stat_statements breaks when it puts `$1`, `$2` … in the place of literals. What it does is the same as
 * before, for the same literals; the text is the stored one wherever nothing is to be mended.
 */
export async function repairStatement(text: string): Promise<RepairedStatement | NotParsed> {
  const parsed = await parseStatement(text);
  if (!("tree" in parsed)) return parsed;
  if (parsed.kind === "other") return { kind: "other", text };
  let statement = await readStatement(text);
  for (const repair of repairs) {
    if (statement === null) break;
    const edits = repair(statement);
    if (edits.length === 0) continue;
    // A repair that breaks what it mends is none: PostgreSQL says then what is wrong with the rest.
    statement = (await readStatement(editText(statement.text, edits))) ?? statement;
  }
  return { kind: parsed.kind, text: statement?.text ?? text };
}
