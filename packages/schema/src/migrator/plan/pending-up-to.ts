import { MigrationError } from "../errors/migration-error.ts";
import type { MigrationFile } from "../files/migration-file.ts";
import type { AppliedMigration } from "../tracking/applied-migration.ts";

/**
 * The files that `up` applies, lowest number first.
 *
 * @throws {MigrationError} MIGRATION_USAGE when there is no migration with the number `to`
 */
export function pendingUpTo(
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
  to: number | undefined,
): readonly MigrationFile[] {
  if (to !== undefined && !files.some(({ version }) => version === to)) throw unknownVersion(to, files);
  const done = new Set(applied.map(({ version }) => version));
  return files.filter(({ version }) => !done.has(version) && (to === undefined || version <= to));
}

/** Nobody knows a migration with that number. */
export function unknownVersion(
  version: number,
  known: readonly { readonly version: number }[],
): MigrationError {
  const versions = known.map((migration) => migration.version);
  const range =
    versions.length === 0 ? "there are none" : `they go from ${versions.at(0)} to ${versions.at(-1)}`;
  return new MigrationError("MIGRATION_USAGE", `there is no migration ${version}: ${range}`, {
    hint: "`smith migrate status` lists them.",
    details: { version },
  });
}
