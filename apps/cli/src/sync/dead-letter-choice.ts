import { z } from "zod";
import type { ArgumentSpec, OptionSpec } from "../command/command.ts";
import { UsageError } from "../usage-error.ts";

/** What a command takes that names dead letters, or takes all of a pipe. */
export const choiceArguments: readonly ArgumentSpec[] = [
  { name: "id", description: "the dead letters; none with --all", variadic: true, required: false },
];

/** The options beside {@link choiceArguments}. */
export const choiceOptions: readonly OptionSpec[] = [
  {
    flags: "--pipe <pipe>",
    description: "with --all: flush, relay, consume:NAME, or consume for all consumers",
    complete: ["flush", "relay", "consume"],
  },
  { flags: "--all", description: "all open dead letters of the pipe" },
];

const allowed = "expected the number of a dead letter, as `smith sync dead-letters list` shows it";

/** The number of a dead letter. */
export const deadLetterIdInput = z
  .string()
  .trim()
  .regex(/^[1-9]\d{0,14}$/, allowed)
  .transform(Number);

/** What {@link choiceArguments} and {@link choiceOptions} take. */
export const choiceInput = z.strictObject({
  id: z
    .array(deadLetterIdInput)
    .max(10_000, "at most 10000 at once")
    .transform((ids) => [...new Set(ids)])
    .optional(),
  pipe: z.string().min(1).optional(),
  all: z.boolean().default(false),
});

/** Which dead letters are meant. */
export type DeadLetterChoice = z.output<typeof choiceInput>;

/** Refuses what names none, or is ambiguous. */
export function checkChoice({ id = [], pipe, all }: DeadLetterChoice): void {
  if (all && id.length > 0) throw refused("numbers and --all do not go together");
  if (all && pipe === undefined) throw refused("--all needs --pipe");
  if (!all && pipe !== undefined) throw refused(`--pipe ${pipe} needs --all`);
  if (!all && id.length === 0) throw refused("no dead letter is named");
}

function refused(message: string): UsageError {
  return new UsageError(message, {
    hint: "Give numbers, or --pipe PIPE --all; `smith sync dead-letters list` shows them first.",
  });
}
