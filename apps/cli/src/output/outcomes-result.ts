import type { CommandResult } from "../command/command-result.ts";
import type { Context } from "../context.ts";
import type { ExitName } from "../exit-codes.ts";
import { count } from "./count.ts";
import { plainJson } from "./plain-json.ts";
import { table } from "./table.ts";

/** What became of one thing: it is as asked, it could not be, or it does not exist. */
export type Verdict = "done" | "refused" | "missing";

/** One thing that was to be changed. */
export interface Outcome {
  readonly id: string;
  readonly verdict: Verdict;
  /** The same in words. */
  readonly words: string;
}

/** What became of several things that a command names by their ids. */
export interface Outcomes {
  /** The noun: `task`. */
  readonly what: string;
  readonly outcomes: readonly Outcome[];
  readonly data: unknown;
}

/** The result of a command that changes things by their ids. Says what is missing before what was refused. */
export function outcomesResult(context: Context, { what, outcomes, data }: Outcomes): CommandResult {
  const { colours } = context;
  const paint = { done: colours.green, refused: colours.yellow, missing: colours.red };
  const rows = outcomes.map(({ id, verdict, words }) => [id, paint[verdict](words)]);
  const number = (verdict: Verdict) => outcomes.filter((one) => one.verdict === verdict).length;
  const [missing, refused] = [number("missing"), number("refused")];
  if (missing > 0)
    context.note(`${count(missing, what)} of ${outcomes.length} ${missing === 1 ? "does" : "do"} not exist`);
  if (refused > 0)
    context.note(
      `${count(refused, what)} of ${outcomes.length} stayed as ${refused === 1 ? "it is" : "they are"}`,
    );
  const exit: ExitName = missing > 0 ? "not-found" : refused > 0 ? "failed" : "ok";
  return { data: plainJson(data), text: table([what, "outcome"], rows, colours).join("\n"), exit };
}
