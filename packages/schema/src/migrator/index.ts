export { MigrationError, type MigrationErrorCode } from "./errors/migration-error.ts";
export { migrationExitCode, migrationExitCodes } from "./errors/migration-exit-code.ts";
export { migrationChecksum } from "./files/migration-checksum.ts";
export type { MigrationFile, MigrationScript } from "./files/migration-file.ts";
export { readMigrationFolder } from "./files/read-migration-folder.ts";
export { parseStatements } from "./statements/parse-statements.ts";
export type { ConcurrentIndex, SqlStatement } from "./statements/sql-statement.ts";
export { type TransactionMode, transactionMode } from "./statements/transaction-mode.ts";
