import { SmithError, type SmithErrorOptions } from "@mister-smith/errors";

/** Why a migration command stopped. Stable across releases; {@link migrationExitCode} gives the exit code. */
export type MigrationErrorCode =
  /** an applied file's content differs from what was applied */
  | "MIGRATION_CHANGED"
  /** an applied version has no file, and newer files exist */
  | "MIGRATION_MISSING"
  /** an applied version's file has another name than when it was applied */
  | "MIGRATION_RENAMED"
  /** a file that was never applied has a lower number than one that was */
  | "MIGRATION_OUT_OF_ORDER"
  /** two files carry the same number */
  | "MIGRATION_DUPLICATE_VERSION"
  /** files wait to be applied */
  | "MIGRATION_PENDING"
  /** the database has versions newer than every file */
  | "MIGRATION_DATABASE_NEWER"
  /** a file name is not `NNNNN_name.up.sql` or `NNNNN_name.down.sql` */
  | "MIGRATION_BAD_NAME"
  /** the folder is not there or cannot be read */
  | "MIGRATION_FOLDER"
  /** a file is not valid SQL */
  | "MIGRATION_SYNTAX"
  /** a file holds something that a migration cannot run: transaction control, psql commands, COPY data */
  | "MIGRATION_UNSUPPORTED"
  /** a file mixes statements that need a transaction with statements that cannot run in one */
  | "MIGRATION_MIXED"
  /** a statement failed */
  | "MIGRATION_FAILED"
  /** a statement did not get its lock, and all retries are used up */
  | "MIGRATION_BLOCKED"
  /** another runner holds the lock of this tracking table */
  | "MIGRATION_LOCKED"
  /** a down migration would drop rows, or convert values in a way that may lose them */
  | "MIGRATION_DATA_LOSS"
  /** there is no down file */
  | "MIGRATION_NO_DOWN"
  /** the database, or the tracking table in it, belongs to something else */
  | "MIGRATION_FOREIGN_DATABASE"
  /** the role of the connection lacks a right */
  | "MIGRATION_PERMISSION"
  /** the connection broke while migrations ran */
  | "MIGRATION_CONNECTION_LOST"
  /** the server could not be reached, or refused the connection */
  | "MIGRATION_CONNECT"
  /** the caller's signal ended the run */
  | "MIGRATION_CANCELLED"
  /** an option's value is not usable */
  | "MIGRATION_USAGE";

/** A failure of a migration command. `details` carry file, version, line and whatever else the code calls for. */
export class MigrationError extends SmithError<MigrationErrorCode> {
  override readonly name = "MigrationError";

  constructor(code: MigrationErrorCode, message: string, options: SmithErrorOptions = {}) {
    super(code, message, options);
  }
}
