import type { Token } from "./tokens.ts";

/**
 * Words that stand before parentheses without being a call, and that can name no function. Of the others of the
 * grammar some are told by what is around them; the rest, which seldom stand there, are taken for calls.
 */
const words: ReadonlySet<string> = new Set(
  `
    all and any array as between case cast check coalesce collate distinct else end except exists extract fetch for
    from group grouping having in intersect into lateral limit not null offset on only or order returning row select
    some symmetric table then to union using values variadic when where window with
  `
    .trim()
    .split(/\s+/),
);

type IsGrammar = (tokens: readonly Token[], index: number) => boolean;

/** Words that can name a function too, and when they do not. */
const tellers: Readonly<Record<string, IsGrammar>> = {
  by: after("group", "order", "partition"),
  conflict: isConflictTarget,
  cube: isGrouping,
  filter: followsCall,
  join: isJoin,
  materialized: isMaterialized,
  over: followsCall,
  rollup: isGrouping,
  set: after("update"),
  sets: after("grouping"),
  varying: after("bit", "char", "character", "nchar"),
};

/** Whether a word before parentheses belongs to the grammar, and calls nothing. */
export function isGrammarWord(tokens: readonly Token[], index: number): boolean {
  const word = tokens[index]?.word;
  if (word === undefined || tokens[index - 1]?.sign === ".") return false;
  if (words.has(word)) return true;
  return Object.hasOwn(tellers, word) && tellers[word]?.(tokens, index) === true;
}

function after(...before: readonly string[]): IsGrammar {
  return (tokens, index) => before.includes(tokens[index - 1]?.word ?? "");
}

// Not ORDER BY, and of several in a list only the first: before the others stands a comma, as before a call.
function isGrouping(tokens: readonly Token[], index: number): boolean {
  return tokens[index - 1]?.word === "by" && tokens[index - 2]?.word === "group";
}

// The condition of a join follows ON as well; after it comes no DO, but maybe a WHERE.
function isConflictTarget(tokens: readonly Token[], index: number): boolean {
  if (tokens[index - 1]?.word !== "on") return false;
  return tokens[closing(tokens, index + 1) + 1]?.word === "do";
}

const joinKinds: ReadonlySet<string> = new Set([
  "cross",
  "full",
  "inner",
  "left",
  "natural",
  "outer",
  "right",
]);
const queryVerbs: ReadonlySet<string> = new Set(["select", "values", "with", "table"]);

// No argument of a call begins with the verb of a query that has no parentheses of its own.
function isJoin(tokens: readonly Token[], index: number): boolean {
  if (joinKinds.has(tokens[index - 1]?.word ?? "")) return true;
  return queryVerbs.has(tokens[index + 2]?.word ?? "");
}

// WITH … AS NOT MATERIALIZED (…); what follows AS itself is no call in any case.
function isMaterialized(tokens: readonly Token[], index: number): boolean {
  return tokens[index - 1]?.word === "not" && tokens[index - 2]?.word === "as";
}

const callEnds: ReadonlySet<string> = new Set(["group", "filter"]);

// FILTER and OVER follow the parentheses of a call, of WITHIN GROUP or of FILTER: not those of DISTINCT ON or OPERATOR.
function followsCall(tokens: readonly Token[], index: number): boolean {
  if (tokens[index - 1]?.sign !== ")") return false;
  const before = opening(tokens, index - 1) - 1;
  const word = tokens[before]?.word ?? "";
  if (callEnds.has(word)) return true;
  return tokens[before]?.call !== undefined && !words.has(word) && word !== "operator";
}

/** Where the parentheses end that begin at `index`. */
function closing(tokens: readonly Token[], index: number): number {
  let depth = 0;
  for (let at = index; at < tokens.length; at += 1) {
    if (tokens[at]?.sign === "(") depth += 1;
    if (tokens[at]?.sign === ")") depth -= 1;
    if (depth === 0) return at;
  }
  return tokens.length;
}

/** Where the parentheses begin that end at `index`. */
function opening(tokens: readonly Token[], index: number): number {
  let depth = 0;
  for (let at = index; at >= 0; at -= 1) {
    if (tokens[at]?.sign === ")") depth += 1;
    if (tokens[at]?.sign === "(") depth -= 1;
    if (depth === 0) return at;
  }
  return 0;
}
