import { isSmithError } from "@mister-smith/errors";
import { MigrationError, type MigrationErrorCode } from "./migration-error.ts";

/** Exit codes of every `smith migrate` command. */
export const migrationExitCodes = {
  upToDate: 0,
  failed: 1,
  usage: 2,
  pending: 3,
  different: 4,
} as const;

const exitCodeByErrorCode: Readonly<Partial<Record<MigrationErrorCode, number>>> = {
  MIGRATION_PENDING: migrationExitCodes.pending,
  MIGRATION_CHANGED: migrationExitCodes.different,
  MIGRATION_MISSING: migrationExitCodes.different,
  MIGRATION_RENAMED: migrationExitCodes.different,
  MIGRATION_OUT_OF_ORDER: migrationExitCodes.different,
  MIGRATION_DUPLICATE_VERSION: migrationExitCodes.different,
  MIGRATION_DATABASE_NEWER: migrationExitCodes.different,
  MIGRATION_USAGE: migrationExitCodes.usage,
};

/** The exit code for an error that a migration command threw: 3 pending, 4 different, 2 usage, else 1. */
export function migrationExitCode(error: unknown): number {
  if (!(error instanceof MigrationError) && !isSmithError(error)) return migrationExitCodes.failed;
  return codeToExit(error.code) ?? migrationExitCodes.failed;
}

function codeToExit(code: string): number | undefined {
  return Object.entries(exitCodeByErrorCode).find(([known]) => known === code)?.[1];
}
