import { type Token, tokensOf } from "./tokens.ts";

/** Verbs of statements that read, and of those that only concern their session. */
const readingVerbs: ReadonlySet<string> = new Set([
  "select",
  "values",
  "table",
  "with",
  "show",
  "declare",
  "fetch",
  "close",
  "set",
  "reset",
  "discard",
  "listen",
  "unlisten",
  "deallocate",
]);

/** Verbs of statements that EXPLAIN may run. */
const explainedVerbs: ReadonlySet<string> = new Set([
  "select",
  "values",
  "table",
  "with",
  "declare",
  "insert",
  "update",
  "delete",
  "merge",
  "create",
  "execute",
  "refresh",
]);

/**
 * Whether a statement is there to read, by its verbs: it has no INSERT, UPDATE, DELETE, MERGE or INTO, and is of no
 * kind that makes, changes or calls anything. A function that it calls may write all the same.
 */
export function isReading(text: string): boolean {
  const tokens = tokensOf(text);
  if (tokens === undefined) return startsToRead(text);
  const verb = verbOf(tokens);
  // Nothing is done by nothing, and whatever is no statement is for the server to refuse.
  if (verb === undefined) return true;
  return readingVerbs.has(verb) && !tokens.some((_, index) => writesAt(tokens, index));
}

// What stands between EXPLAIN and what it explains are its options.
function verbOf(tokens: readonly Token[]): string | undefined {
  const verb = tokens.find(({ sign }) => sign !== "(")?.word;
  return verb === "explain" ? tokens.find(({ word = "" }) => explainedVerbs.has(word))?.word : verb;
}

// None of these words is reserved but INTO: others may name a column, or follow FOR.
function writesAt(tokens: readonly Token[], index: number): boolean {
  const next = tokens[index + 1]?.word;
  switch (tokens[index]?.word) {
    case "into":
      return true;
    case "delete":
      return next === "from" && beginsStatement(tokens, index);
    case "update":
      return beginsStatement(tokens, index) && tokens.slice(index + 2).some(({ word }) => word === "set");
    default:
      return false;
  }
}

// After WITH … AS (…) and what may follow that (SEARCH … SET name, CYCLE … USING name), or inside of its parentheses,
// or after EXPLAIN and its options.
function beginsStatement(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1];
  const namer = tokens[index - 2]?.word;
  const isAfter = before?.sign === "(" || before?.sign === ")" || namer === "set" || namer === "using";
  return isAfter || ["explain", "analyze", "analyse", "verbose"].includes(before?.word ?? "");
}

// Of a text with quotes that are not understood only its first word is looked at.
function startsToRead(text: string): boolean {
  return /^[\s(]*(?:select|values|table)\b/i.test(text) && !/\binto\b/i.test(text);
}
