import { asDatabaseError } from "@mister-smith/errors";
import { MigrationError } from "../errors/migration-error.ts";

/** What went wrong while connecting, as the migrator's own error. */
export function connectError(error: unknown): MigrationError {
  const cause = asDatabaseError(error, "connect to the database");
  return new MigrationError("MIGRATION_CONNECT", cause.message, {
    cause: error,
    retryable: cause.retryable,
    hint: cause.hint ?? "Check the address, the database's name, the user and the password in the URL.",
    details: cause.details,
  });
}
