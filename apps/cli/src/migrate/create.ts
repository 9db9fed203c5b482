import { relative, resolve } from "node:path";
import { createMigration } from "@mister-smith/schema";
import type { CommandResult } from "../command/command-result.ts";
import type { Context } from "../context.ts";

/** What `smith migrate create` takes. */
export interface CreateInput {
  readonly name: string;
  readonly folder?: string | undefined;
}

/** Writes the files of a new migration; never into the folder that ships with smith, unless it is named. */
export async function createFiles(context: Context, input: CreateInput): Promise<CommandResult> {
  const folder = input.folder ?? (await context.config()).values.migrations.folder ?? "migrations";
  const created = await createMigration({ folder: resolve(context.cwd, folder), name: input.name });
  const lines = [created.up, created.down].map((file) => `made ${relative(context.cwd, file)}`);
  return { data: created, text: lines.join("\n") };
}
