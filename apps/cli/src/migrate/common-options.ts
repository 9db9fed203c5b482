import { z } from "zod";
import type { OptionSpec } from "../command/command.ts";

/** The option that says where the files are. */
export const folderOption: OptionSpec = {
  flags: "--folder <folder>",
  description: "the folder of the migration files; default: migrations.folder, else Mister Smith's own",
  complete: "folder",
};

/** The option that says where it is recorded what was applied. */
export const tableOption: OptionSpec = {
  flags: "--table <table>",
  description: "the table that records what was applied, as name or schema.name; default: migrations.table",
};

/** What every command that looks at a database's migrations takes. */
export const commonOptions: readonly OptionSpec[] = [folderOption, tableOption];

/** The same for the command's input schema. */
export const commonInput = {
  folder: z.string().min(1, "expected the path of a folder").optional(),
  table: z
    .string()
    .regex(/^([^.\s"']+\.)?[^.\s"']+$/, "expected a name or schema.name, without quotes")
    .optional(),
};

/** What the common options hold. */
export interface CommonInput {
  readonly folder?: string | undefined;
  readonly table?: string | undefined;
}

const versionText = "expected the number of a migration, such as 12 or 00012";

/** The number of a migration, as it is given or as it stands in the file's name. */
export const versionInput = z
  .string()
  .regex(/^\d{1,15}$/, versionText)
  .transform(Number);
