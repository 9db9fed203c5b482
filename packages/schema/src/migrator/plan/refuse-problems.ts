import { MigrationError } from "../errors/migration-error.ts";
import type { MigrationProblem } from "./find-problems.ts";

/**
 * Stops when folder and database differ.
 *
 * @throws {MigrationError} with the code of the first problem; all of them are in `details.problems`
 */
export function refuseProblems(problems: readonly MigrationProblem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  const more = problems.length - 1;
  const others = more === 0 ? "" : ` (and ${more} more: ${problems.slice(1, 6).map(oneWord).join("; ")})`;
  throw new MigrationError(first.code, `${first.message}${others}`, {
    hint: first.hint,
    details: { problems },
  });
}

const labels: Readonly<Record<MigrationProblem["code"], string>> = {
  MIGRATION_CHANGED: "changed",
  MIGRATION_MISSING: "missing",
  MIGRATION_RENAMED: "renamed",
  MIGRATION_OUT_OF_ORDER: "out of order",
  MIGRATION_DATABASE_NEWER: "newer than the files",
};

function oneWord({ code, file }: MigrationProblem): string {
  return `${file} ${labels[code]}`;
}
