import { type GroupEntry, registry } from "../command/registry.ts";
import type { Colours } from "../output/colours.ts";
import { twoColumns } from "./two-columns.ts";

/** The help of a word that groups commands: which there are. */
export function helpOfGroup(group: GroupEntry, colours: Colours): string {
  const members = registry.filter(({ name }) => name.startsWith(`${group.name} `));
  return `${[
    `${colours.bold(`smith ${group.name}`)}  ${group.summary}`,
    "",
    colours.bold("Commands"),
    ...twoColumns(members.map(({ name, summary }) => [`smith ${name}`, summary] as const)),
    "",
    `${colours.cyan(`smith ${group.name} COMMAND --help`)} explains one, with examples and exit codes.`,
  ].join("\n")}\n`;
}
