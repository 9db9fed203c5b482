import type { Scope } from "@mister-smith/monitoring";
import { z } from "zod";
import type { OptionSpec } from "../command/command.ts";
import { UsageError } from "../usage-error.ts";

/** The options that name one database or role. */
export const scopeOptions: readonly OptionSpec[] = [
  { flags: "--database <name>", description: "of this database alone" },
  { flags: "--role <name>", description: "of this role alone" },
];

const name = z.string().min(1, "expected a name").max(63, "expected a name of at most 63 characters");

/** How they are read. */
export const scopeInput = { database: name.optional(), role: name.optional() };

/**
 * The database or role that is named; undefined for none.
 *
 * @throws UsageError when both are
 */
export function scopeOf({
  database,
  role,
}: {
  readonly database?: string | undefined;
  readonly role?: string | undefined;
}): { readonly scope: Scope; readonly scopeName: string } | undefined {
  if (database !== undefined && role !== undefined)
    throw new UsageError("--database and --role do not go together");
  if (database !== undefined) return { scope: "database", scopeName: database };
  return role === undefined ? undefined : { scope: "role", scopeName: role };
}
