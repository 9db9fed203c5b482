import { type CommandEntry, groups, registry } from "../command/registry.ts";
import { globalOptions } from "../program/global-options.ts";
import { pageName } from "./command-page.ts";
import { generatedNotice, markdownTable, page } from "./markdown.ts";

/** The page that lists all commands and the options they share. */
export function overviewPage(): string {
  const visible = registry.filter(({ hidden }) => hidden !== true);
  const single = visible.filter(({ name }) => !name.includes(" "));
  return page([
    generatedNotice,
    "# smith",
    "The operator's tool of Mister Smith. `smith COMMAND --help` shows what these pages say.",
    "## Commands",
    commandTable(single),
    ...groups.flatMap((group) => [
      `## smith ${group.name}`,
      `${group.summary}.`,
      commandTable(visible.filter(({ name }) => name.startsWith(`${group.name} `))),
    ]),
    "## Options of every command",
    markdownTable(
      ["option", "meaning"],
      globalOptions.map(({ flags, description }) => [`\`${flags}\``, description]),
    ),
    'With `--json`, stdout holds exactly one JSON document: the result, or `{ "error": … }` with `code`, `message`, ' +
      "`hint`, `details` and `exitCode`. Messages for people go to stderr in both cases. Settings: " +
      "[configuration](../../configuration.md). Exit codes: [one table](../../exit-codes.md).",
  ]);
}

function commandTable(entries: readonly CommandEntry[]): string {
  return markdownTable(
    ["command", "what it does"],
    entries.map((entry) => [`[smith ${entry.name}](${pageName(entry)})`, entry.summary]),
  );
}
