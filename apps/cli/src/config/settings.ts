import { z } from "zod";
import { smithConfig } from "./smith-config.ts";

/** One value of the configuration and all the ways to give it. */
export interface Setting {
  /** Where it stands in the file: section, key, and the keys below. */
  readonly keys: readonly string[];
  /** The same as in messages: `database.url`. */
  readonly path: string;
  readonly schema: z.ZodType;
  readonly description: string;
  /** Environment variables that give it; the first that is set counts. */
  readonly variables: readonly string[];
  /** The global option that gives it, in camelCase. */
  readonly flag: string | undefined;
  /** Whether its value may hold a secret. */
  readonly secret: boolean;
}

const meta = z.object({
  description: z.string().default(""),
  variables: z.array(z.string()).optional(),
  flag: z.string().optional(),
  secret: z.boolean().default(false),
});

/** Every setting, in the order of the schema. */
export const settings: readonly Setting[] = settingsIn(smithConfig, []);

/** The keys of a schema that is an object, with the schemas below; undefined for one that is a value. */
export function shapeOf(schema: unknown): Readonly<Record<string, z.ZodType>> | undefined {
  const inner = innermost(schema);
  return inner instanceof z.ZodObject ? inner.shape : undefined;
}

/** A schema without what it says of being left out. */
export function innermost(schema: unknown): unknown {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault
    ? innermost(schema.unwrap())
    : schema;
}

function settingsIn(schema: z.ZodType, keys: readonly string[]): readonly Setting[] {
  const shape = shapeOf(schema);
  if (shape === undefined) return [settingOf(schema, keys)];
  return Object.entries(shape).flatMap(([key, below]) => settingsIn(below, [...keys, key]));
}

function settingOf(schema: z.ZodType, keys: readonly string[]): Setting {
  const { description, flag, secret, variables } = meta.parse(schema.meta() ?? {});
  return {
    keys,
    path: keys.join("."),
    schema,
    description,
    variables: variables ?? [`SMITH_${keys.map(snake).join("_")}`],
    flag,
    secret,
  };
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
