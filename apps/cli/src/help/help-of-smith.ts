import { groups, registry } from "../command/registry.ts";
import type { Colours } from "../output/colours.ts";
import { globalOptions } from "../program/global-options.ts";
import { twoColumns } from "./two-columns.ts";

/** The help of `smith` itself: with "first-steps" what a newcomer does first, else everything there is. */
export function helpOfSmith(colours: Colours, part: "all" | "first-steps" = "all"): string {
  const intro = [
    `${colours.bold("smith")} runs and looks after the durable data layer of your agents:`,
    "PostgreSQL is the authority, NATS JetStream the fast path in front of it.",
    "",
  ];
  return `${[...intro, ...(part === "all" ? everything(colours) : firstSteps(colours))].join("\n")}\n`;
}

function firstSteps(colours: Colours): string[] {
  return [
    colours.bold("The first three things to do"),
    ...twoColumns([
      ["1  smith doctor", "see what is installed, what is missing and what it would give"],
      ["2  smith up", "start a real PostgreSQL and NATS in this folder"],
      ["3  smith migrate up", "bring the database to the current schema"],
    ]),
    "",
    `In a hurry: ${colours.cyan("smith demo")} does all of it with recorded agent runs, and cleans up.`,
    `Everything else: ${colours.cyan("smith --help")}`,
  ];
}

function everything(colours: Colours): string[] {
  const standalone = registry.filter((entry) => !entry.name.includes(" ") && entry.hidden !== true);
  const rows = standalone.map(({ name, summary }) => [name, summary] as const);
  const grouped = groups.map(({ name, summary }) => [`${name} …`, summary] as const);
  return [
    `${colours.bold("Usage")}  smith COMMAND [options]`,
    "",
    colours.bold("Commands"),
    ...twoColumns([...rows, ...grouped]),
    "",
    colours.bold("Options of every command"),
    ...twoColumns(globalOptions.map(({ flags, description }) => [flags, description] as const)),
    "",
    `${colours.cyan("smith COMMAND --help")} explains a command, with examples and exit codes.`,
  ];
}
