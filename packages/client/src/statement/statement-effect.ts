import { knownFunction } from "./known-functions.ts";
import { type Token, tokensOf } from "./tokens.ts";

/**
 * What a statement may leave behind in its session, and whether it writes.
 *
 * Both are decided from the text alone, and in doubt against the statement: what a trigger, a view, an operator or
 * a cast calls is not seen.
 */
export interface StatementEffect {
  /** `none`: nothing is left behind. `unknown`: something may be. `session`: it is there to change the session. */
  readonly session: "none" | "unknown" | "session";
  /** It is certain to change nothing: running it twice is the same as once. */
  readonly readOnly: boolean;
  /** It ends a transaction for good: when the answer is lost, nobody knows whether it did. */
  readonly commits: boolean;
  /** It begins or ends a whole transaction. */
  readonly boundary: boolean;
}

const nothing: StatementEffect = { session: "none", readOnly: false, commits: false, boundary: false };
const reads: StatementEffect = { ...nothing, readOnly: true };
const boundary: StatementEffect = { ...nothing, boundary: true };
const commits: StatementEffect = { ...boundary, commits: true };
const unknown: StatementEffect = { ...nothing, session: "unknown" };
const session: StatementEffect = { ...nothing, session: "session" };

/** Verbs of statements that read or change rows. */
const rowVerbs: ReadonlySet<string> = new Set([
  "select",
  "insert",
  "update",
  "delete",
  "merge",
  "values",
  "with",
  "table",
]);
const writingVerbs: ReadonlySet<string> = new Set(["insert", "update", "delete", "merge"]);
/** Verbs that change the session. */
const sessionVerbs: ReadonlySet<string> = new Set([
  "listen",
  "unlisten",
  "prepare",
  "deallocate",
  "load",
  "discard",
  "reset",
]);
/** Verbs that begin or undo a transaction: its state is looked at when the connection is given back. */
const boundaryVerbs: ReadonlySet<string> = new Set(["begin", "start", "rollback", "abort"]);

/** Reads a statement's effect from its text. */
export function statementEffect(text: string): StatementEffect {
  const tokens = tokensOf(text);
  const verb = wordAt(tokens, 0);
  if (tokens === undefined || verb === undefined || hasSecondStatement(tokens)) return unknown;
  if (rowVerbs.has(verb)) return effectOfRows(tokens);
  if (verb === "set") return effectOfSet(tokens);
  if (verb === "commit" || verb === "end") return commits;
  if (verb === "release" || verb === "savepoint") return nothing;
  if (verb === "prepare" && wordAt(tokens, 1) === "transaction") return { ...commits, session: "unknown" };
  if (boundaryVerbs.has(verb)) return tokens.some(({ word }) => word === "to") ? nothing : boundary;
  if (verb === "show") return reads;
  if (verb === "create" && tokens.slice(1, 5).some(({ word }) => word === "temp" || word === "temporary"))
    return session;
  return sessionVerbs.has(verb) ? session : unknown;
}

function effectOfSet(tokens: readonly Token[]): StatementEffect {
  const second = wordAt(tokens, 1);
  return second === "local" || second === "transaction" || second === "constraints" ? nothing : session;
}

function effectOfRows(tokens: readonly Token[]): StatementEffect {
  let readOnly = true;
  for (const [index, token] of tokens.entries()) {
    if (token.word !== undefined && writingVerbs.has(token.word)) readOnly = false;
    // SELECT … INTO makes a table, which may be a temporary one.
    if (token.word === "into" && !isTarget(tokens, index)) return unknown;
    if (token.call === undefined) continue;
    if (isColumnList(tokens, token.call.start)) continue;
    const known = knownFunction(token.call.name, () => isTransactionLocal(tokens, index));
    if (known === "session") return session;
    if (known === "unknown") return unknown;
    if (known === "writes") readOnly = false;
  }
  return readOnly ? reads : nothing;
}

function isTarget(tokens: readonly Token[], index: number): boolean {
  const before = wordAt(tokens, index - 1);
  return before === "insert" || before === "merge";
}

// After INTO, AS, WITH a name with parentheses is followed by names of columns.
function isColumnList(tokens: readonly Token[], start: number): boolean {
  const before = wordAt(tokens, start - 1);
  return before === "into" || before === "as" || before === "with" || before === "recursive";
}

// set_config(name, value, true) ends with the transaction.
function isTransactionLocal(tokens: readonly Token[], index: number): boolean {
  let depth = 0;
  for (let at = index + 1; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token?.sign === "(") depth += 1;
    if (token?.sign === ")") depth -= 1;
    if (depth === 0) return tokens[at - 1]?.word === "true" && tokens[at - 2]?.sign === ",";
  }
  return false;
}

function hasSecondStatement(tokens: readonly Token[]): boolean {
  const end = tokens.findIndex(({ sign }) => sign === ";");
  return end !== -1 && tokens.slice(end).some(({ sign }) => sign !== ";");
}

function wordAt(tokens: readonly Token[] | undefined, index: number): string | undefined {
  return tokens?.[index]?.word;
}
