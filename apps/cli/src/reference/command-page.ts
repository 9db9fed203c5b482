import type { AnyCommand } from "../command/command.ts";
import type { CommandEntry } from "../command/registry.ts";
import { exitCodeRows } from "../help/exit-code-rows.ts";
import { usageLine } from "../help/usage-line.ts";
import { generatedNotice, markdownTable, page } from "./markdown.ts";

/** The name of a command's page: `migrate-up.md`. */
export function pageName({ name }: Pick<CommandEntry, "name">): string {
  return `${name.replaceAll(" ", "-")}.md`;
}

/** The reference page of a command, from the same object that its help comes from. */
export function commandPage(entry: CommandEntry, command: AnyCommand): string {
  const argumentRows = (command.arguments ?? []).map((one) => [
    `\`${one.name.toUpperCase()}\``,
    one.description,
  ]);
  const optionRows = (command.options ?? []).map((one) => [`\`${one.flags}\``, one.description]);
  return page([
    generatedNotice,
    `# smith ${entry.name}`,
    `${entry.summary}.`,
    ...paragraphs(command.description),
    fenced("sh", usageLine(entry, command)),
    ...titled("Arguments", markdownTable(["argument", "meaning"], argumentRows)),
    ...titled("Options", markdownTable(["option", "meaning"], optionRows)),
    ...(command.sections ?? []).flatMap(({ title, rows }) =>
      titled(
        title,
        markdownTable(
          ["name", "meaning"],
          rows.map(([name, about]) => [`\`${name}\``, about]),
        ),
      ),
    ),
    "## Examples",
    ...command.examples.flatMap(({ run, does }) => [`${capital(does)}:`, fenced("sh", run)]),
    ...titled("Exit codes", markdownTable(["code", "meaning"], exitCodeRows(command))),
    "All codes: [exit codes](../../exit-codes.md). Options that every command takes: [smith](README.md).",
    ...related(command),
  ]);
}

function paragraphs(description: string): string[] {
  return description.split(/\n\s*\n/).map((paragraph) => paragraph.trim().replace(/\s+/g, " "));
}

function titled(title: string, table: string): string[] {
  return table === "" ? [] : [`## ${title}`, table];
}

function related({ related: names }: AnyCommand): string[] {
  if (names.length === 0) return [];
  return [`Related: ${names.map((name) => `[smith ${name}](${pageName({ name })})`).join(", ")}.`];
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
