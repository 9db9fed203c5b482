import type { z } from "zod";
import type { Context } from "../context.ts";
import type { ExitName } from "../exit-codes.ts";
import type { CommandResult } from "./command-result.ts";

/** What the shell offers for a value when TAB is pressed. A list is offered as it stands. */
export type Completion = "file" | "folder" | readonly string[];

/** A positional argument. It reaches `run` under its name in camelCase. */
export interface ArgumentSpec {
  /** kebab-case, shown in capitals in the help. */
  readonly name: string;
  readonly description: string;
  /** Default: true. */
  readonly required?: boolean;
  /** Takes all remaining words, as an array. Only the last argument may. Default: false. */
  readonly variadic?: boolean;
  /** Default: nothing is offered. */
  readonly complete?: Completion;
}

/** An option. It reaches `run` under its long name in camelCase, as a string, a boolean or absent. */
export interface OptionSpec {
  /** As commander reads it: `--to <version>`, `-n, --dry-run`. */
  readonly flags: string;
  /** Says the effect, the unit and the default. */
  readonly description: string;
  /** Default: nothing is offered; allowed values belong into the command's `input` schema as well. */
  readonly complete?: Completion;
}

/** A list of the help that only one command has: the settings of `config`. */
export interface HelpSection {
  readonly title: string;
  readonly rows: readonly (readonly [name: string, about: string])[];
}

/** A command line that does something useful, and what that is. */
export interface Example {
  readonly run: string;
  readonly does: string;
}

/** What a command is: all that help, completion and the reference pages need, and how to run it. */
export interface Command<Input extends z.ZodType = z.ZodType> {
  /** Teaches: what it is for, when to use it, what it changes, what it never does. Paragraphs apart by empty lines. */
  readonly description: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  /** Shown between options and examples. */
  readonly sections?: readonly HelpSection[];
  readonly examples: readonly [Example, ...Example[]];
  /**
   * The codes beside `ok`, `usage` and `internal`, which every command can end with that has no {@link failsAs}; with what they mean here, or empty
   * text where the table's own meaning says it.
   */
  readonly exitCodes: Readonly<Partial<Record<ExitName, string>>>;
  /** What every error ends it with, where a program reads its code as that of a plugin. Default: what the error says. */
  readonly failsAs?: ExitName;
  /** Names of other commands worth knowing, as in the registry. */
  readonly related: readonly string[];
  /** Checks and types arguments and options together; what it refuses ends with `usage`. */
  readonly input: Input;
  run(context: Context, input: z.output<Input>): Promise<CommandResult>;
}

/** A command whose input type is no longer known outside: what the registry loads. */
export interface AnyCommand extends Omit<Command, "run"> {
  /** Parses the raw values with the command's schema, then runs. Throws a {@link UsageError} for what is refused. */
  execute(context: Context, values: Readonly<Record<string, unknown>>): Promise<CommandResult>;
}
