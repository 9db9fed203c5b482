import { type Argument, argumentsOf } from "./call-arguments.ts";
import { isGrammarWord } from "./grammar-words.ts";
import { isAtomic } from "./is-atomic.ts";
import { type KnownFunction, knownFunction } from "./known-functions.ts";
import { type Token, tokensOf } from "./tokens.ts";

/**
 * What a statement may leave behind in its session, and whether it writes.
 *
 * Both are decided from the text alone. Where that shows a doubt it goes against the statement; what the text does not
 * show is not seen: calls of a trigger, a view, a default, a check, a policy, an operator or a cast, a function called
 * like a column (`row.function`), and a user's function under the name of a built-in one or of one of ours.
 */
export interface StatementEffect {
  /**
   * `none`: nothing is left behind. `unknown`: something may be. `session`: it is there to change the session.
   * `lasting`: it does so in a way that no reset takes away.
   */
  readonly session: "none" | "unknown" | "session" | "lasting";
  /** It is certain to change nothing: running it twice is the same as once. */
  readonly readOnly: boolean;
  /** It ends a transaction for good: when the answer is lost, nobody knows whether it did. */
  readonly commits: boolean;
  /** It begins or ends a whole transaction. */
  readonly boundary: boolean;
  /** It is certain to be all or nothing, outside a transaction as well: it commits nothing before its end. */
  readonly atomic: boolean;
}

type EffectOfText = Omit<StatementEffect, "atomic">;

const nothing: EffectOfText = { session: "none", readOnly: false, commits: false, boundary: false };
const reads: EffectOfText = { ...nothing, readOnly: true };
const boundary: EffectOfText = { ...nothing, boundary: true };
const commits: EffectOfText = { ...boundary, commits: true };
const unknown: EffectOfText = { ...nothing, session: "unknown" };
const session: EffectOfText = { ...nothing, session: "session" };
const lasting: EffectOfText = { ...nothing, session: "lasting" };

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
  "discard",
  "reset",
]);
/** Verbs that begin or undo a transaction: its state is looked at when the connection is given back. */
const boundaryVerbs: ReadonlySet<string> = new Set(["begin", "start", "rollback", "abort"]);

/** Reads a statement's effect from its text. */
export function statementEffect(text: string): StatementEffect {
  const tokens = withoutLead(tokensOf(text));
  const doubtful = tokens?.some((token) => token.doubtful === true) === true;
  return { ...(doubtful ? unknown : effectOf(tokens)), atomic: isAtomic(text, tokens) };
}

// Parentheses may be around a query, and empty statements before one.
function withoutLead(tokens: readonly Token[] | undefined): readonly Token[] | undefined {
  const first = tokens?.findIndex(({ sign }) => sign !== "(" && sign !== ";");
  return first === undefined || first === -1 ? tokens : tokens?.slice(first);
}

function effectOf(tokens: readonly Token[] | undefined): EffectOfText {
  const verb = wordAt(tokens, 0);
  if (tokens === undefined || verb === undefined || hasSecondStatement(tokens)) return unknown;
  if (rowVerbs.has(verb)) return effectOfRows(tokens);
  if (verb === "set") return effectOfSet(tokens);
  if (verb === "commit" || verb === "end") return commits;
  if (verb === "release" || verb === "savepoint") return nothing;
  if (verb === "prepare" && wordAt(tokens, 1) === "transaction") return { ...commits, session: "unknown" };
  if (boundaryVerbs.has(verb)) return tokens.some(({ word }) => word === "to") ? nothing : boundary;
  if (verb === "show") return reads;
  if (verb === "load") return lasting;
  const effect = runsQuery(tokens, verb) ? effectOfRows(tokens) : unknown;
  if (effect.session === "lasting") return effect;
  if (sessionVerbs.has(verb) || makesTemporary(tokens, verb) || holdsCursor(tokens, verb)) return session;
  return effect.session === "none" ? unknown : effect;
}

function effectOfSet(tokens: readonly Token[]): EffectOfText {
  const second = tokens[2]?.sign === "." ? undefined : wordAt(tokens, 1);
  return second === "local" || second === "transaction" || second === "constraints" ? nothing : session;
}

function makesTemporary(tokens: readonly Token[], verb: string): boolean {
  if (verb !== "create") return false;
  return tokens.slice(1, 5).some(isTemporary) || tokens.some((_, index) => isTemporarySchema(tokens, index));
}

function isTemporary({ word }: Token): boolean {
  return word === "temp" || word === "temporary";
}

function isTemporarySchema(tokens: readonly Token[], index: number): boolean {
  const token = tokens[index];
  return (token?.word ?? token?.quoted) === "pg_temp" && tokens[index + 1]?.sign === ".";
}

function holdsCursor(tokens: readonly Token[], verb: string): boolean {
  return (
    verb === "declare" &&
    tokens.some(({ word }, index) => word === "with" && wordAt(tokens, index + 1) === "hold")
  );
}

// Statements of other kinds that evaluate what is in them at once, or later in their session.
function runsQuery(tokens: readonly Token[], verb: string): boolean {
  const has = (...words: readonly string[]) => tokens.some(({ word }) => words.includes(word ?? ""));
  if (verb === "explain") return has("analyze", "analyse", "execute");
  if (verb === "create") return has("table", "materialized") && has("as", "values");
  if (verb === "alter") return wordAt(tokens, 1) === "table";
  return ["copy", "declare", "prepare", "execute", "call"].includes(verb);
}

/** From the least to the most that a part of a statement may do. */
const byReach: readonly KnownFunction[] = ["reads", "writes", "unknown", "session", "lasting"];
const effects: readonly EffectOfText[] = [reads, nothing, unknown, session, lasting];

function effectOfRows(tokens: readonly Token[]): EffectOfText {
  let most = 0;
  for (let index = 0; index < tokens.length; index += 1)
    most = Math.max(most, byReach.indexOf(reachOf(tokens, index)));
  return effects[most] ?? unknown;
}

function reachOf(tokens: readonly Token[], index: number): KnownFunction {
  const token = tokens[index];
  if (token?.word === "into" && !isTarget(tokens, index)) return reachOfInto(tokens, index);
  if (token?.call !== undefined && !isColumnList(tokens, token.call.start) && !isGrammarWord(tokens, index))
    return knownFunction(token.call.name, {
      isTransactionLocal: () => isTransactionLocal(argumentsOf(tokens, index)),
      isTemporary: () => isTemporarySlot(argumentsOf(tokens, index)),
    });
  return token?.word !== undefined && writingVerbs.has(token.word) ? "writes" : "reads";
}

// SELECT … INTO makes a table, which may be a temporary one.
function reachOfInto(tokens: readonly Token[], index: number): KnownFunction {
  const scope = wordAt(tokens, index + 1);
  const next = scope === "local" || scope === "global" ? index + 2 : index + 1;
  const token = tokens[next];
  return token !== undefined && (isTemporary(token) || isTemporarySchema(tokens, next))
    ? "session"
    : "unknown";
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
function isTransactionLocal(given: readonly Argument[]): boolean {
  return given.length > 1 && isPlain(given.at(-1), "true");
}

// A slot is temporary by its third argument, or by one that is named so.
function isTemporarySlot(given: readonly Argument[]): boolean {
  const third = given[2];
  if (given.flat().some(({ word, quoted }) => (word ?? quoted) === "temporary")) return true;
  return third !== undefined && !isPlain(third, "false");
}

function isPlain(argument: Argument | undefined, word: string): boolean {
  return argument?.length === 1 && argument[0]?.word === word;
}

function hasSecondStatement(tokens: readonly Token[]): boolean {
  const end = tokens.findIndex(({ sign }) => sign === ";");
  return end !== -1 && tokens.slice(end).some(({ sign }) => sign !== ";");
}

function wordAt(tokens: readonly Token[] | undefined, index: number): string | undefined {
  return tokens?.[index]?.word;
}
