import { resolve } from "node:path";
import { migrationsFolder } from "@mister-smith/schema";
import type { Context } from "../context.ts";
import type { CommonInput } from "./common-options.ts";

/** The folder of the migration files: the flag's, the configuration's, or ours. */
export async function migrationsFolderOf(context: Context, { folder }: CommonInput): Promise<string> {
  const chosen = folder ?? (await context.config()).values.migrations.folder;
  return chosen === undefined ? migrationsFolder() : resolve(context.cwd, chosen);
}
