import type { AnyCommand } from "../command/command.ts";
import { type CommandEntry, registry } from "../command/registry.ts";
import type { Colours } from "../output/colours.ts";
import { exitCodeRows } from "./exit-code-rows.ts";
import { twoColumns, wrap } from "./two-columns.ts";
import { usageLine } from "./usage-line.ts";

/** The help of one command: purpose, usage, arguments, options, examples, exit codes, related commands. */
export function helpOfCommand(entry: CommandEntry, command: AnyCommand, colours: Colours): string {
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ["", colours.bold(title), ...lines];
  const rows = (items: readonly (readonly [string, string])[]) => (items.length > 0 ? twoColumns(items) : []);
  return `${[
    `${colours.bold(`smith ${entry.name}`)}  ${entry.summary}`,
    ...paragraphs(command.description),
    "",
    `${colours.bold("Usage")}  ${usageLine(entry, command)}`,
    ...section(
      "Arguments",
      rows((command.arguments ?? []).map((a) => [a.name.toUpperCase(), a.description])),
    ),
    ...section("Options", rows((command.options ?? []).map((o) => [o.flags, o.description]))),
    ...(command.sections ?? []).flatMap((own) => section(own.title, rows(own.rows))),
    ...section(
      "Examples",
      command.examples.flatMap(({ run, does }) => [`  ${colours.cyan(run)}`, `      ${does}`]),
    ),
    ...section("Exit codes", rows(exitCodeRows(command))),
    ...section("Related", rows(relatedRows(command))),
    "",
    `Every command also takes --json, --config, --database-url, --nats-url and --no-color: ${colours.cyan("smith --help")}`,
  ].join("\n")}\n`;
}

function paragraphs(description: string): string[] {
  return description.split(/\n\s*\n/).flatMap((paragraph) => ["", ...wrap(paragraph.trim(), 100)]);
}

function relatedRows(command: AnyCommand): [string, string][] {
  return command.related.map((name) => [
    `smith ${name}`,
    registry.find((entry) => entry.name === name)?.summary ?? "",
  ]);
}
