import type { Token } from "./tokens.ts";

/** Verbs of statements that read or change rows: no function that they call can commit. */
const rowVerbs: ReadonlySet<string> = words(`
  select insert update delete merge values with table
`);

/** Verbs of others that are one transaction; of those that are none all are left out that may be many. */
const otherVerbs: ReadonlySet<string> = words(`
  alter close comment copy create deallocate declare discard drop execute explain fetch grant listen lock move
  notify prepare refresh reset revoke set show truncate unlisten
`);

/** What CREATE, ALTER and DROP make or change outside of every transaction. */
const beyondTransactions: ReadonlySet<string> = words("database subscription system tablespace");

/**
 * Whether a statement is one transaction when it runs outside of one, by its verb: what refuses it has undone all of
 * it. CALL and DO may commit before their end; VACUUM, CLUSTER and whatever is done CONCURRENTLY are several
 * transactions.
 *
 * @param tokens of the text, where it is understood; of another its first word is looked at, since the server takes
 *   one statement at a time
 */
export function isAtomic(text: string, tokens: readonly Token[] | undefined): boolean {
  if (tokens === undefined) return rowVerbs.has(firstWord(text));
  const verb = tokens.find(({ sign }) => sign !== "(")?.word ?? "";
  if (rowVerbs.has(verb)) return true;
  if (!otherVerbs.has(verb) || beyondTransactions.has(tokens[1]?.word ?? "")) return false;
  return !tokens.some(({ word }) => word === "concurrently");
}

function firstWord(text: string): string {
  return /^[\s(]*([a-z]+)\b/i.exec(text)?.[1]?.toLowerCase() ?? "";
}

function words(list: string): ReadonlySet<string> {
  return new Set(list.trim().split(/\s+/));
}
