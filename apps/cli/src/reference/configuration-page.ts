import { otherVariables } from "../config/other-variables.ts";
import { type Setting, settings } from "../config/settings.ts";
import { smithConfig } from "../config/smith-config.ts";
import { generatedNotice, markdownTable, page } from "./markdown.ts";

/** The page of all settings. */
export function configurationPage(): string {
  return page([
    generatedNotice,
    "# Configuration",
    "A setting is given in four ways. The later one of this list wins:",
    [
      "1. its default",
      "2. one file in the working directory – `smith.config.json`, `smith.config.yaml` or `smith.config.ts` – or the file of `--config`",
      "3. an environment variable",
      "4. a flag of the command line",
    ].join("\n"),
    "Where no URL is given and an embedded system runs in its folder (`smith up`), its URLs are used. Relative " +
      "paths count from the working directory. An empty environment variable counts as not given; a list in one is " +
      "written with commas.",
    "An unknown key, two files beside each other or a value that is not allowed stops every command with exit code 2 " +
      "before it does anything; the message names the path, what was given and where, and what is allowed. " +
      "`smith config` prints what is in force and where each value came from, with secrets hidden.",
    "## Settings",
    markdownTable(["setting", "environment", "flag", "default", "meaning"], settings.map(settingRow)),
    "## Variables beside the settings",
    markdownTable(
      ["variable", "meaning"],
      Object.entries(otherVariables).map(([name, meaning]) => [`\`${name}\``, meaning]),
    ),
    "## Files",
    "`smith.config.json`:",
    fenced("json", JSON.stringify({ database: { url: "postgres://smith@db.example:5432/agents" } }, null, 2)),
    "`smith.config.yaml`:",
    fenced("yaml", "database:\n  url: postgres://smith@db.example:5432/agents\nembedded:\n  folder: .smith"),
    "`smith.config.ts`, with types:",
    fenced(
      "ts",
      [
        'import { defineConfig } from "@mister-smith/cli";',
        "",
        "export default defineConfig({",
        '  migrations: { folder: "db/migrations", table: "app.migrations" },',
        "});",
      ].join("\n"),
    ),
    "Keep passwords out of files and flags: give the URL in the environment, or leave the password to `~/.pgpass`.",
  ]);
}

// A section has its defaults also when nothing in it is given.
const emptySections = Object.fromEntries(Object.keys(smithConfig.shape).map((section) => [section, {}]));

function settingRow({ path, keys, variables, flag, description }: Setting): string[] {
  const defaults: unknown = smithConfig.parse(emptySections);
  const fallback = keys.reduce<unknown>(propertyOf, defaults);
  return [
    `\`${path}\``,
    variables.map((name) => `\`${name}\``).join(", "),
    flag === undefined ? "" : `\`--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}\``,
    fallback === undefined ? "" : `\`${shownDefault(fallback)}\``,
    description,
  ];
}

function shownDefault(value: unknown): string {
  return typeof value === "object" && !Array.isArray(value) ? JSON.stringify(value) : String(value);
}

function propertyOf(values: unknown, key: string): unknown {
  return typeof values === "object" && values !== null ? Reflect.get(values, key) : undefined;
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}
