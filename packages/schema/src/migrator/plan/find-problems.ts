import type { MigrationErrorCode } from "../errors/migration-error.ts";
import type { MigrationFile } from "../files/migration-file.ts";
import type { AppliedMigration } from "../tracking/applied-migration.ts";

/** A difference between the folder and the database that no command may pass by. */
export interface MigrationProblem {
  readonly code: Extract<
    MigrationErrorCode,
    | "MIGRATION_CHANGED"
    | "MIGRATION_MISSING"
    | "MIGRATION_RENAMED"
    | "MIGRATION_OUT_OF_ORDER"
    | "MIGRATION_DATABASE_NEWER"
  >;
  readonly version: number;
  /** The file, or for a missing one the name that it had. */
  readonly file: string;
  /** What differs, for people. */
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
}

/** Compares every applied migration with its file, and the order of those that wait. Lowest number first. */
export function findProblems(
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
): readonly MigrationProblem[] {
  const fileOf = new Map(files.map((file) => [file.version, file]));
  const newestFile = files.at(-1)?.version ?? 0;
  const newestApplied = applied.at(-1)?.version ?? 0;
  const appliedVersions = new Set(applied.map(({ version }) => version));
  const known = applied.flatMap((row) => {
    const file = fileOf.get(row.version);
    return file === undefined ? [withoutFile(row, newestFile)] : compare(file, row);
  });
  const late = files
    .filter((file) => file.version < newestApplied && !appliedVersions.has(file.version))
    .map((file) => outOfOrder(file, newestApplied, Math.max(newestFile, newestApplied) + 1));
  return [...known, ...late].sort((a, b) => a.version - b.version);
}

function compare(file: MigrationFile, row: AppliedMigration): readonly MigrationProblem[] {
  const problems: MigrationProblem[] = [];
  if (file.name !== row.name) problems.push(renamed(file, row));
  if (row.checksum !== null && file.up.checksum !== row.checksum) problems.push(changed(file, row));
  return problems;
}

const acceptByRepair = 'accept it on the record with `smith migrate repair --reason "…"`.';

function changed(file: MigrationFile, row: AppliedMigration): MigrationProblem {
  return {
    code: "MIGRATION_CHANGED",
    version: file.version,
    file: file.up.file,
    message: `${file.up.file} is not what was applied on ${row.installedOn}: its checksum is ${file.up.checksum.slice(0, 12)}…, applied was ${row.checksum?.slice(0, 12)}…`,
    hint: `Put the file back as it was (its history in version control has it) and write the change as a new migration. If the change is of no effect, a comment for instance, ${acceptByRepair}`,
  };
}

function renamed(file: MigrationFile, row: AppliedMigration): MigrationProblem {
  return {
    code: "MIGRATION_RENAMED",
    version: file.version,
    file: file.up.file,
    message: `${file.up.file} was called "${row.name}" when it was applied on ${row.installedOn}`,
    hint: `If another migration took its number, give that one the next free number. If it was only renamed, rename it back or ${acceptByRepair}`,
  };
}

function withoutFile(row: AppliedMigration, newestFile: number): MigrationProblem {
  const file = `${String(row.version).padStart(5, "0")}_${row.name}.up.sql`;
  if (row.version > newestFile) {
    return {
      code: "MIGRATION_DATABASE_NEWER",
      version: row.version,
      file,
      message: `the database has ${file}, applied on ${row.installedOn}, which is newer than every file`,
      hint: "These files are older than the database: use the release that brought it there, or, with that release's files, take it back with `smith migrate down`.",
    };
  }
  return {
    code: "MIGRATION_MISSING",
    version: row.version,
    file,
    message: `${file} was applied on ${row.installedOn}, and its file is gone`,
    hint: 'Bring the file back from version control. If it shall be forgotten, use `smith migrate repair --forget-missing --reason "…"`.',
  };
}

function outOfOrder(file: MigrationFile, newestApplied: number, nextVersion: number): MigrationProblem {
  return {
    code: "MIGRATION_OUT_OF_ORDER",
    version: file.version,
    file: file.up.file,
    message: `${file.up.file} was never applied, but ${newestApplied} already was`,
    hint: `Give it the next free number, ${String(nextVersion).padStart(5, "0")}: the other databases have run ${newestApplied} without it.`,
  };
}
