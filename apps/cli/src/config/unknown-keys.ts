import type { ConfigFile } from "./read-config-file.ts";
import { shapeOf } from "./settings.ts";
import { smithConfig } from "./smith-config.ts";

/** A sentence for each key of the file that no setting has, so that a typing error never passes silently. */
export function unknownKeys({ file, content }: ConfigFile): string[] {
  if (!isRecord(content)) return [`${file} holds ${kindOf(content)}, allowed is an object with sections`];
  return unknownIn(content, smithConfig, "", file);
}

function unknownIn(
  content: Readonly<Record<string, unknown>>,
  schema: unknown,
  above: string,
  file: string,
): string[] {
  const shape = shapeOf(schema) ?? {};
  return Object.entries(content).flatMap(([key, value]) => {
    const path = `${above}${key}`;
    const below = Object.hasOwn(shape, key) ? shape[key] : undefined;
    if (below === undefined) return [unknown(path, file, Object.keys(shape))];
    if (shapeOf(below) === undefined) return [];
    if (!isRecord(value)) return [`${path} is ${kindOf(value)} (from ${file}), allowed is an object`];
    return unknownIn(value, below, `${path}.`, file);
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
