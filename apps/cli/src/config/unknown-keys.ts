import type { z } from "zod";
import type { ConfigFile } from "./read-config-file.ts";
import { smithConfig } from "./smith-config.ts";

/** A sentence for each key of the file that no setting has, so that a typing error never passes silently. */
export function unknownKeys({ file, content }: ConfigFile): string[] {
  if (!isRecord(content)) return [`${file} holds ${kindOf(content)}, allowed is an object with sections`];
  const sections: Readonly<Record<string, z.ZodObject>> = smithConfig.shape;
  return Object.entries(content).flatMap(([name, value]) => {
    const section = Object.hasOwn(sections, name) ? sections[name] : undefined;
    if (section === undefined) return [unknown(name, file, Object.keys(sections))];
    if (!isRecord(value)) return [`${name} is ${kindOf(value)} (from ${file}), allowed is an object`];
    const keys = Object.keys(section.shape);
    return Object.keys(value)
      .filter((key) => !keys.includes(key))
      .map((key) => unknown(`${name}.${key}`, file, keys));
  });
}

function unknown(path: string, file: string, allowed: readonly string[]): string {
  return `${path} is no setting (from ${file}), allowed are: ${allowed.join(", ")}`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  return Array.isArray(value) ? "a list" : `the ${typeof value} ${JSON.stringify(value)}`;
}
