import type { Token } from "./tokens.ts";

/**
 * Words that stand before parentheses without being a call. Few of them can name a function; those of the grammar that
 * can, and seldom stand there, are left out.
 */
const words: ReadonlySet<string> = new Set(
  `
    all and any array as between by case cast check coalesce collate conflict cube distinct else end escape except
    exists extract fetch filter for from group grouping having ilike in intersect into join lateral like limit
    materialized not null offset on only or order over overlaps returning rollup row select set sets some symmetric
    table then to union using values variadic when where window with
  `
    .trim()
    .split(/\s+/),
);

/** Of these the ones that follow a call. */
const followers: ReadonlySet<string> = new Set(["filter", "over"]);

/** Whether a word before parentheses belongs to the grammar, and calls nothing. */
export function isGrammarWord(tokens: readonly Token[], index: number): boolean {
  const word = tokens[index]?.word;
  const before = tokens[index - 1]?.sign;
  if (word === undefined || before === "." || !words.has(word)) return false;
  return before === ")" || !followers.has(word);
}
