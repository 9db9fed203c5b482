import { asDatabaseError, DatabaseError, isSmithError, type SmithError } from "@mister-smith/errors";
import { SlonikError } from "slonik";

/** What went wrong in the database, with what was being done; an error of our own stays as it is. */
export function databaseFailure(error: unknown, doing: string): SmithError {
  if (isSmithError(error)) return error;
  const failure = asDatabaseError(driverError(error), doing);
  if (failure.errorClass !== "missing-object") return failure;
  return new DatabaseError(failure.message, failure.cause, migrateFirst);
}

const migrateFirst =
  "The database is not at the schema of this smith: look with `smith migrate status`, then `smith migrate up`.";

// Slonik wraps what the driver threw, and the SQLSTATE stands inside.
function driverError(error: unknown): unknown {
  return error instanceof SlonikError && error.cause !== undefined ? driverError(error.cause) : error;
}
