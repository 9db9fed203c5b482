import type { Token } from "./tokens.ts";

/** An argument of a call, as it is written. */
export type Argument = readonly Token[];

/** The arguments of the call whose name ends at `index`: at least one, which is empty when there is none. */
export function argumentsOf(tokens: readonly Token[], index: number): readonly Argument[] {
  let argument: Token[] = [];
  const all = [argument];
  let depth = 1;
  for (const token of tokens.slice(index + 2)) {
    if (token.sign === ")" || token.sign === "]") depth -= 1;
    if (depth === 0) break;
    if (depth === 1 && token.sign === ",") {
      argument = [];
      all.push(argument);
    } else argument.push(token);
    if (token.sign === "(" || token.sign === "[") depth += 1;
  }
  return all;
}
