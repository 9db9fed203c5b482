import { z } from "zod";
import { defineCommand } from "../command/define-command.ts";
import type { ConfigEntry } from "../config/effective-config.ts";
import { originText } from "../config/origin-text.ts";
import { otherVariables } from "../config/other-variables.ts";
import { settings } from "../config/settings.ts";
import { shownValue } from "../config/shown-value.ts";
import type { Context } from "../context.ts";
import { table } from "../output/table.ts";

export default defineCommand({
  description: `Prints every setting that is in force and where its value came from. Passwords and tokens are hidden,
so that the output can be pasted into a report.

A setting is given, strongest first, by a flag, by an environment variable, by smith.config.json, smith.config.yaml
or smith.config.ts in the working directory (or the file of --config), or by its default. The addresses of a running
embedded system stand in where no URL is given. An unknown key or a bad value stops every command before it does
anything.`,
  sections: [
    {
      title: "Settings",
      rows: settings.map(({ path, description, variables }) => [
        path,
        `${description} (${variables.join(", ")})`,
      ]),
    },
  ],
  examples: [
    { run: "smith config", does: "see what is in force here, and why" },
    {
      run: "SMITH_DATABASE_URL=postgres://me@db/app smith config",
      does: "see that the environment overrides the file",
    },
    {
      run: "smith config --json | jq '.settings[] | select(.origin.kind != \"default\")'",
      does: "list only what was set by somebody",
    },
  ],
  exitCodes: {
    usage: "a setting is unknown or has a value that is not allowed; the message lists all of them",
  },
  related: ["status", "doctor"],
  input: z.strictObject({}),
  async run(context) {
    const { file, entries } = await context.config();
    const shown = entries.map(withoutSecret);
    const unknown = unknownVariables(context.env);
    for (const name of unknown) context.note(`warning: ${name} is set, but no setting reads it`);
    return {
      data: { file: file ?? null, settings: shown, unknownVariables: unknown },
      text: asText(context, shown, file),
    };
  },
});

function asText({ colours }: Context, entries: readonly ConfigEntry[], file: string | undefined): string {
  const rows = entries.map(({ path, value, origin }) => {
    const text = value === undefined ? colours.dim("not set") : textOf(value);
    return [path, text, origin.kind === "default" ? colours.dim("default") : originText(origin)];
  });
  const source = file === undefined ? "no configuration file" : `configuration file ${file}`;
  return [...table(["setting", "value", "origin"], rows, colours), "", source].join("\n");
}

function withoutSecret(entry: ConfigEntry): ConfigEntry {
  const setting = settings.find(({ path }) => path === entry.path);
  return setting === undefined ? entry : { ...entry, value: shownValue(setting, entry.value) };
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(",");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function unknownVariables(env: Context["env"]): string[] {
  const known = new Set(settings.flatMap(({ variables }) => variables));
  return Object.keys(env).filter(
    (name) => name.startsWith("SMITH_") && !known.has(name) && !Object.hasOwn(otherVariables, name),
  );
}
