import { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import { databaseOptions } from "./database-options.ts";

/**
 * Checks options and fills in the defaults that do not depend on others.
 *
 * @throws ClientError `INVALID_INPUT` naming each option that is wrong, what it is, and what is allowed
 */
export function parseOptions(options: unknown): z.output<typeof databaseOptions> {
  const parsed = databaseOptions.safeParse(options);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.flatMap((issue) => refusalsOf(issue, options));
  throw invalidOptions(issues);
}

/** What is wrong with one option. */
export interface OptionIssue {
  /** `primary.max` */
  readonly path: string;
  readonly message: string;
}

/** The refusal of options. */
export function invalidOptions(issues: readonly OptionIssue[]): ClientError {
  return new ClientError(
    "INVALID_INPUT",
    `the options of the database: ${issues.map(({ message }) => message).join("; ")}`,
    { hint: "See `DatabaseOptions` for every option and its default.", details: { issues } },
  );
}

function refusalsOf(issue: z.core.$ZodIssue, options: unknown): OptionIssue[] {
  const path = issue.path.join(".");
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => {
      const whole = path === "" ? key : `${path}.${key}`;
      const known = knownOptions(issue.path).join(", ");
      return { path: whole, message: `there is no option ${whole}; there are ${known}` };
    });
  const value = valueAt(options, issue.path);
  if (value === undefined)
    return [{ path, message: `${path || "the options"} missing; allowed is ${issue.message}` }];
  return [
    { path, message: `${path || "the options"} is ${shown(value, issue.path)}; allowed is ${issue.message}` },
  ];
}

function knownOptions(path: readonly PropertyKey[]): string[] {
  let schema: unknown = databaseOptions;
  for (const key of path) schema = shapeOf(schema)?.[String(key)];
  return Object.keys(shapeOf(schema) ?? {});
}

function shapeOf(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return shapeOf(schema.unwrap());
  if (schema instanceof z.ZodUnion) return schema.options.map(shapeOf).find((shape) => shape !== undefined);
  return schema instanceof z.ZodObject ? schema.shape : undefined;
}

function valueAt(options: unknown, path: readonly PropertyKey[]): unknown {
  let value: unknown = options;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

const secrets: ReadonlySet<PropertyKey> = new Set(["url", "password", "key", "passphrase"]);

// Any text may be a URL with a password in the wrong place, and any object may hold a key: they are only named.
function shown(value: unknown, path: readonly PropertyKey[]): string {
  if (path.some((key) => secrets.has(key))) return "not shown here";
  if (typeof value === "string") return `text of ${value.length} characters`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value}`;
  return typeof value === "bigint" ? `${value}n` : String(value);
}
