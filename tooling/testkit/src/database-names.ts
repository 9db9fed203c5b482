/** Begins the name of every database that a test run makes. */
export const databasePrefix = "smith_test_";

/** The name of a database of the run; `part` is made fit for a name. */
export function databaseName(runId: string, part: string): string {
  // PostgreSQL cuts names at 63 bytes without an error: two long names could become one.
  return `${databasePrefix}${runId}_${part.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_")}`.slice(0, 63);
}

/** The run that a database belongs to; undefined for one that is none of ours. */
export function runIdOf(name: string): string | undefined {
  return new RegExp(`^${databasePrefix}([a-z0-9]+)_`).exec(name)?.[1];
}

/** The lock that a run holds for as long as it lives. */
export function runLockName(runId: string): string {
  return `mister-smith test run ${runId}`;
}
