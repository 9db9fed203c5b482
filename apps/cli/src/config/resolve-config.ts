import { z } from "zod";
import { hideSecrets } from "../output/hide-secrets.ts";
import type { GlobalValues } from "../program/global-options.ts";
import { ConfigError } from "./config-error.ts";
import type { ConfigEntry, ConfigOrigin, EffectiveConfig } from "./effective-config.ts";
import { originText } from "./origin-text.ts";
import type { ConfigFile } from "./read-config-file.ts";
import { type Setting, settings } from "./settings.ts";
import { smithConfig } from "./smith-config.ts";
import { unknownKeys } from "./unknown-keys.ts";

/** What a configuration is resolved from; strongest last: file, environment, flags. */
export interface ConfigInputs {
  readonly file: ConfigFile | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly flags: GlobalValues;
}

interface Given {
  readonly value: unknown;
  readonly origin: ConfigOrigin;
}

/** The effective configuration. Throws one {@link ConfigError} that names everything that is wrong with it. */
export function resolveConfig(inputs: ConfigInputs): EffectiveConfig {
  const problems = inputs.file === undefined ? [] : unknownKeys(inputs.file);
  const entries = settings.map((setting) => {
    const given = givenFor(setting, inputs);
    problems.push(...given.flatMap((one) => problemsOf(setting, one)));
    const [strongest = { value: undefined, origin: { kind: "default" } as const }] = given;
    return { path: setting.path, ...strongest } satisfies ConfigEntry;
  });
  if (problems.length > 0) throw refusal(problems);
  const values = smithConfig.parse(asSections(entries));
  return { values, entries: entries.map((entry) => withDefault(entry, values)), file: inputs.file?.file };
}

/** Every value that is given for a setting, the strongest first. */
function givenFor(setting: Setting, { file, env, flags }: ConfigInputs): Given[] {
  const given: Given[] = [];
  const flagValues: Readonly<Record<string, unknown>> = { ...flags };
  if (setting.flag !== undefined && flagValues[setting.flag] !== undefined) {
    given.push({
      value: flagValues[setting.flag],
      origin: { kind: "flag", flag: `--${kebab(setting.flag)}` },
    });
  }
  const variable = setting.variables.find((name) => env[name] !== undefined && env[name] !== "");
  if (variable !== undefined) {
    given.push({ value: typed(setting.schema, env[variable]), origin: { kind: "environment", variable } });
  }
  const section = asRecord(asRecord(file?.content)[setting.section]);
  if (file !== undefined && section[setting.key] !== undefined) {
    given.push({ value: section[setting.key], origin: { kind: "file", file: file.file } });
  }
  return given;
}

function problemsOf(setting: Setting, { value, origin }: Given): string[] {
  const parsed = setting.schema.safeParse(value);
  if (parsed.success) return [];
  const shown = hideSecrets(JSON.stringify(value));
  return parsed.error.issues.map(
    (issue) => `${setting.path} is ${shown} (${originText(origin)}), allowed is: ${issue.message}`,
  );
}

function refusal(problems: readonly string[]): ConfigError {
  return new ConfigError(problems.join("\n  "), {
    hint: "Correct what is named; `smith config --help` lists every setting.",
    details: { problems },
  });
}

function asSections(entries: readonly ConfigEntry[]): Record<string, Record<string, unknown>> {
  const sections: Record<string, Record<string, unknown>> = {};
  for (const { section, key, path } of settings) {
    const value = entries.find((entry) => entry.path === path)?.value;
    sections[section] = { ...sections[section], ...(value === undefined ? {} : { [key]: value }) };
  }
  return sections;
}

function withDefault(entry: ConfigEntry, values: z.output<typeof smithConfig>): ConfigEntry {
  const [section = "", key = ""] = entry.path.split(".");
  return { ...entry, value: asRecord(asRecord(values)[section])[key] };
}

/** An environment variable is text; a number or a boolean is read from it where the setting is one. */
function typed(schema: z.ZodType, text: string | undefined): unknown {
  const inner = innermost(schema);
  if (inner instanceof z.ZodNumber && text !== undefined && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (inner instanceof z.ZodBoolean && (text === "true" || text === "false")) return text === "true";
  return text;
}

function innermost(schema: unknown): unknown {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault
    ? innermost(schema.unwrap())
    : schema;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
