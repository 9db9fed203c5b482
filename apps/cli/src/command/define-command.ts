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
      if (!parsed.success) throw refused(parsed.error.issues, values);
      return await run.call(command, context, parsed.data);
    },
  };
}

function refused(issues: readonly z.core.$ZodIssue[], values: Readonly<Record<string, unknown>>): UsageError {
  const lines = issues.map((issue) => {
    const name = String(issue.path[0] ?? "");
    const given = values[name];
    return given === undefined ? issue.message : `${flagOf(name)} ${String(given)}: ${issue.message}`;
  });
  return new UsageError(lines.join("; "), { hint: "Add --help to see what the command takes." });
}

function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
