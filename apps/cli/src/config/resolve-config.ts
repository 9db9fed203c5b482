import { z } from "zod";
import type { GlobalValues } from "../program/global-options.ts";
import { ConfigError } from "./config-error.ts";
import type { ConfigEntry, ConfigOrigin, EffectiveConfig } from "./effective-config.ts";
import { originText } from "./origin-text.ts";
import type { ConfigFile } from "./read-config-file.ts";
import { innermost, type Setting, settings } from "./settings.ts";
import { shownValue } from "./shown-value.ts";
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
  const parsed = smithConfig.safeParse(asSections(entries));
  if (!parsed.success) throw refusal(parsed.error.issues.map((issue) => crossProblem(issue, entries)));
  const values = parsed.data;
  const filled = settings.map((setting, at) => ({
    path: setting.path,
    origin: entries[at]?.origin ?? ({ kind: "default" } as const),
    value: valueAt(values, setting.keys),
  }));
  return { values, entries: filled, file: inputs.file?.file };
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
  const fromFile = valueAt(file?.content, setting.keys);
  if (file !== undefined && fromFile !== undefined) {
    given.push({ value: fromFile, origin: { kind: "file", file: file.file } });
  }
  return given;
}

function problemsOf(setting: Setting, { value, origin }: Given): string[] {
  const parsed = setting.schema.safeParse(value);
  if (parsed.success) return [];
  const isRecord = innermost(setting.schema) instanceof z.ZodRecord;
  return parsed.error.issues.map((issue) => {
    // Of what has names of its own, only that one is wrong.
    const below = isRecord ? issue.path.map(String) : [];
    const path = [setting.path, ...below].join(".");
    const shown = JSON.stringify(
      shownValue({ ...setting, keys: [...setting.keys, ...below] }, valueAt(value, below)),
    );
    return `${path} is ${shown} (${originText(origin)}), allowed is: ${issue.message}`;
  });
}

/** Each value may be what it is, and yet not go with another one. */
function crossProblem(
  { path, message }: z.core.$ZodIssue,
  entries: readonly Pick<ConfigEntry, "value" | "origin">[],
): string {
  const at = settings.findIndex((setting) => setting.path === path.join("."));
  const [setting, entry] = [settings[at], entries[at]];
  if (setting === undefined || entry === undefined) return `${path.join(".")}: ${message}`;
  const shown = JSON.stringify(shownValue(setting, entry.value));
  return `${setting.path} is ${shown} (${originText(entry.origin)}), allowed is: ${message}`;
}

function refusal(problems: readonly string[]): ConfigError {
  return new ConfigError(problems.join("\n  "), {
    hint: "Correct what is named; `smith config --help` lists every setting.",
    details: { problems },
  });
}

function asSections(entries: readonly ConfigEntry[]): Record<string, unknown> {
  const sections: Record<string, unknown> = {};
  for (const [at, { keys }] of settings.entries()) {
    const value = entries[at]?.value;
    const [section = ""] = keys;
    // A section is there also when nothing in it is given: its defaults are.
    sections[section] ??= {};
    if (value !== undefined) setAt(sections, keys, value);
  }
  return sections;
}

function setAt(target: Record<string, unknown>, keys: readonly string[], value: unknown): void {
  const [key = "", ...below] = keys;
  if (below.length === 0) {
    target[key] = value;
    return;
  }
  const inner = asRecord(target[key]);
  target[key] = inner;
  setAt(inner, below, value);
}

function valueAt(values: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((value, key) => asRecord(value)[key], values);
}

/** An environment variable is text; a number, a boolean or a list is read from it where the setting is one. */
function typed(schema: unknown, text: string | undefined): unknown {
  const inner = innermost(schema);
  if (text === undefined) return text;
  if (inner instanceof z.ZodUnion)
    return inner.options.map((one) => typed(one, text)).find((value) => value !== text) ?? text;
  if (inner instanceof z.ZodNumber && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (inner instanceof z.ZodBoolean && (text === "true" || text === "false")) return text === "true";
  if (inner instanceof z.ZodRecord) return parsedJson(text);
  if (inner instanceof z.ZodArray) return text.split(",").map((item) => item.trim());
  return text;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
