import { MigrationError } from "../errors/migration-error.ts";
import type { MigrationFile } from "../files/migration-file.ts";

/** There is no way back from a migration. */
export function noDownFile({ version, up }: MigrationFile): MigrationError {
  const file = up.file.replace(/\.up\.sql$/, ".down.sql");
  return new MigrationError("MIGRATION_NO_DOWN", `${up.file} has no down file: there is no ${file}`, {
    hint: `Write ${file}, or go forward with a new migration that undoes it.`,
    details: { version, file },
  });
}
