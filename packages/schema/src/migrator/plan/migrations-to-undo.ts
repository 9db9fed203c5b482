import { MigrationError } from "../errors/migration-error.ts";
import type { MigrationFile } from "../files/migration-file.ts";
import type { AppliedMigration } from "../tracking/applied-migration.ts";
import { unknownVersion } from "./pending-up-to.ts";

/** How far down to go: to a version that stays, or a number of migrations. */
export interface DownTarget {
  readonly to?: number;
  readonly steps?: number;
}

/**
 * The migrations that `down` takes back, highest number first. Every applied one has its file: the caller has
 * made sure of that.
 *
 * @throws {MigrationError} MIGRATION_USAGE
 */
export function migrationsToUndo(
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
  target: DownTarget,
): readonly MigrationFile[] {
  const fileOf = new Map(files.map((file) => [file.version, file]));
  return versionsToUndo(applied, target).flatMap((version) => fileOf.get(version) ?? []);
}

function versionsToUndo(applied: readonly AppliedMigration[], { to, steps }: DownTarget): readonly number[] {
  const newestFirst = applied.map(({ version }) => version).reverse();
  if (to === undefined) return newestFirst.slice(0, requireSteps(steps ?? 1));
  if (steps !== undefined)
    throw new MigrationError("MIGRATION_USAGE", `both "to" (${to}) and "steps" (${steps}) are given`);
  if (to !== 0 && !newestFirst.includes(to)) throw unknownVersion(to, applied);
  return newestFirst.filter((version) => version > to);
}

function requireSteps(steps: number): number {
  if (Number.isInteger(steps) && steps > 0) return steps;
  throw new MigrationError("MIGRATION_USAGE", `"steps" is ${steps}, and must be a whole number above 0`, {
    details: { steps },
  });
}
