import { z } from "zod";
import { smithConfig } from "./smith-config.ts";

/** One value of the configuration and all the ways to give it. */
export interface Setting {
  readonly section: string;
  readonly key: string;
  /** As in messages: `database.url`. */
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
export const settings: readonly Setting[] = Object.entries(smithConfig.shape).flatMap(
  ([section, { shape }]) => Object.entries(shape).map(([key, schema]) => settingOf(section, key, schema)),
);

function settingOf(section: string, key: string, schema: z.ZodType): Setting {
  const { description, flag, secret, variables } = meta.parse(schema.meta() ?? {});
  return {
    section,
    key,
    path: `${section}.${key}`,
    schema,
    description,
    variables: variables ?? [`SMITH_${snake(section)}_${snake(key)}`],
    flag,
    secret,
  };
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
