import { asDatabaseError, isSmithError, type SmithError } from "@mister-smith/errors";
import { SlonikError } from "slonik";

/** What went wrong in the database, with what was being done; an error of our own stays as it is. */
export function databaseFailure(error: unknown, doing: string): SmithError {
  if (isSmithError(error)) return error;
  return asDatabaseError(driverError(error), doing);
}

// Slonik wraps what the driver threw, and the SQLSTATE stands inside.
function driverError(error: unknown): unknown {
  return error instanceof SlonikError && error.cause !== undefined ? driverError(error.cause) : error;
}
