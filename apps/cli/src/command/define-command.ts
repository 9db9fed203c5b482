import type { z } from "zod";
import { UsageError } from "../usage-error.ts";
import type { AnyCommand, Command } from "./command.ts";

/** Makes a command: the default export of a file in `src/commands/`. */
export function defineCommand<Input extends z.ZodType>(command: Command<Input>): AnyCommand {
  const { run, ...rest } = command;
  return {
    ...rest,
    async execute(context, values) {
      const parsed = command.input.safeParse(values);
      if (!parsed.success) throw refused(command, parsed.error.issues, values);
      return await run.call(command, context, parsed.data);
    },
  };
}

function refused(
  command: Pick<AnyCommand, "arguments">,
  issues: readonly z.core.$ZodIssue[],
  values: Readonly<Record<string, unknown>>,
): UsageError {
  const lines = issues.map((issue) => {
    const name = String(issue.path[0] ?? "");
    const given = values[name];
    return given === undefined
      ? issue.message
      : `${shownName(command, name)} ${String(given)}: ${issue.message}`;
  });
  return new UsageError(lines.join("; "), { hint: "Add --help to see what the command takes." });
}

function shownName(command: Pick<AnyCommand, "arguments">, name: string): string {
  const kebab = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const isArgument = command.arguments?.some((argument) => argument.name === kebab) === true;
  return isArgument ? kebab : `--${kebab}`;
}
