import { z } from "zod";
import type { ArgumentSpec, OptionSpec } from "../command/command.ts";
import type { CommandResult } from "../command/command-result.ts";
import type { Context } from "../context.ts";
import { count } from "../output/count.ts";

/** The argument of `indexes enable` and `indexes disable`. */
export const indexArguments: readonly ArgumentSpec[] = [
  { name: "index", description: "its name, as `smith indexes list` shows it" },
];

/** The options of `indexes enable` and `indexes disable`. */
export const indexOptions: readonly OptionSpec[] = [
  { flags: "--dry-run", description: "show the statements and run none of them" },
];

/** What `indexes enable` and `indexes disable` take. */
export const indexInput = z.strictObject({ index: z.string(), dryRun: z.boolean().default(false) });

/** Brings an optional index to the wanted state and says what was run. */
export async function changeIndex(
  context: Context,
  { index, dryRun }: z.output<typeof indexInput>,
  enable: boolean,
): Promise<CommandResult> {
  const { applyIndexPlan } = await import("./apply-index-plan.ts");
  using progress = context.progress(`looking at ${index}`);
  const statements = await applyIndexPlan(context, {
    index,
    enable,
    dryRun,
    onStep: ({ statement, position, total }) => progress.update(`${position} of ${total}: ${statement}`),
  });
  return {
    data: { index, enable, dryRun, statements },
    text: dryRun ? dryRunText(statements) : doneText(index, enable, statements),
  };
}

function dryRunText(statements: readonly string[]): string {
  if (statements.length === 0) return "nothing to do";
  return [...statements.map((statement) => `${statement};`), "", "nothing was run"].join("\n");
}

function doneText(index: string, enable: boolean, statements: readonly string[]): string {
  const state = enable ? "present" : "absent";
  if (statements.length === 0) return `${index} was ${state} already`;
  return `${index} is ${state}; ${count(statements.length, "statement")} run`;
}
