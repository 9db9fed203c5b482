import type { MigrationFile, MigrationScript } from "../files/migration-file.ts";
import { parseStatements } from "../statements/parse-statements.ts";
import type { SqlStatement } from "../statements/sql-statement.ts";
import { type TransactionMode, transactionMode } from "../statements/transaction-mode.ts";
import type { Direction } from "../tracking/tracking-table.ts";
import { noDownFile } from "./no-down-file.ts";

/** One file to run, parsed. */
export interface MigrationStep {
  readonly migration: MigrationFile;
  readonly direction: Direction;
  /** The file that runs: the migration's up or down script. */
  readonly script: MigrationScript;
  readonly statements: readonly SqlStatement[];
  readonly mode: TransactionMode;
}

/**
 * Parses the script that takes a migration in a direction.
 *
 * @throws {MigrationError} MIGRATION_NO_DOWN, MIGRATION_SYNTAX, MIGRATION_UNSUPPORTED, MIGRATION_MIXED
 */
export async function planStep(migration: MigrationFile, direction: Direction): Promise<MigrationStep> {
  const script = direction === "up" ? migration.up : migration.down;
  if (script === undefined) throw noDownFile(migration);
  const statements = await parseStatements(script.sql, script.file);
  return { migration, direction, script, statements, mode: transactionMode(statements, script.file) };
}

/** Parses all, so that a mistake in the last one is known before the first one runs. */
export async function planSteps(
  migrations: readonly MigrationFile[],
  direction: Direction,
): Promise<readonly MigrationStep[]> {
  const steps: MigrationStep[] = [];
  for (const migration of migrations) steps.push(await planStep(migration, direction));
  return steps;
}
