import { checkMigrations } from "@mister-smith/schema";
import type { CommandResult } from "../command/command-result.ts";
import type { Context } from "../context.ts";
import type { CommonInput } from "./common-options.ts";
import { migratorOptions } from "./migrator-options.ts";

/** Refuses a database that is not where the files are. */
export async function checkDatabase(context: Context, input: CommonInput): Promise<CommandResult> {
  const check = await checkMigrations(await migratorOptions(context, input));
  return { data: check, text: `the database is at version ${check.version}, as the files are` };
}
