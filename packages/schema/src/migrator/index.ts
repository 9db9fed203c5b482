export {
  type BaselineOptions,
  type BaselineResult,
  baselineMigrations,
} from "./commands/baseline-migrations.ts";
export { checkMigrations, type MigrationCheck } from "./commands/check-migrations.ts";
export {
  type CreatedMigration,
  type CreateMigrationOptions,
  createMigration,
} from "./commands/create-migration.ts";
export { type MigrateDownOptions, migrateDown } from "./commands/migrate-down.ts";
export { type MigrationRedoResult, migrateRedo } from "./commands/migrate-redo.ts";
export { type MigrateUpOptions, migrateUp } from "./commands/migrate-up.ts";
export type { MigrationRunResult } from "./commands/migration-run-result.ts";
export {
  type MigrationStatus,
  type MigrationStatusEntry,
  migrationStatus,
} from "./commands/migration-status.ts";
export { type MigrationPlan, type PlannedMigration, planMigrations } from "./commands/plan-migrations.ts";
export { type RepairOptions, type RepairResult, repairMigrations } from "./commands/repair-migrations.ts";
export type { DataLoss } from "./data-loss/data-loss.ts";
export { MigrationError, type MigrationErrorCode } from "./errors/migration-error.ts";
export { migrationExitCode, migrationExitCodes } from "./errors/migration-exit-code.ts";
export type { MigrationRun } from "./execute/apply-step.ts";
export { migrationChecksum } from "./files/migration-checksum.ts";
export type { MigrationFile, MigrationScript } from "./files/migration-file.ts";
export { migrationsFolder } from "./files/migrations-folder.ts";
export { readMigrationFolder } from "./files/read-migration-folder.ts";
export type { BlockingSession, MigrationEvent } from "./options/migration-event.ts";
export { migrationsConfig } from "./options/migrations-config.ts";
export type { MigratorOptions, TrackingTableName } from "./options/migrator-options.ts";
export type { MigrationProblem } from "./plan/find-problems.ts";
export { parseStatements } from "./statements/parse-statements.ts";
export type { ConcurrentIndex, SqlStatement } from "./statements/sql-statement.ts";
export { type TransactionMode, transactionMode } from "./statements/transaction-mode.ts";
export type { Direction } from "./tracking/tracking-table.ts";
