import { ClientError, type ClientErrorCode } from "@mister-smith/client";
import {
  asDatabaseError,
  connectionRefusalOf,
  DatabaseError,
  isSmithError,
  SmithError,
} from "@mister-smith/errors";

const advised = new WeakSet<Error>();

/**
 * What a person is told of a failure at the database: what was being done, and the server's own hint where it gave
 * one. An error that has been through here stays as it is.
 *
 * @param doing what was being done, as "cannot …" would continue
 */
export function advisedError(error: unknown, doing: string): SmithError {
  if (error instanceof Error && advised.has(error) && isSmithError(error)) return error;
  const told = adviceOn(error, doing);
  advised.add(told);
  return told;
}

function adviceOn(error: unknown, doing: string): SmithError {
  if (error instanceof DatabaseError) return withAdvice(asDatabaseError(error.cause, doing));
  if (error instanceof ClientError) return adviceOnClient(error, doing);
  return isSmithError(error) ? error : withAdvice(asDatabaseError(error, doing));
}

function adviceOnClient(error: ClientError, doing: string): SmithError {
  // The one server there is was not reached: why, is all that matters.
  if (error.code === "NO_PRIMARY" && error.cause instanceof DatabaseError)
    return adviceOn(error.cause, doing);
  if (!aboutTheWay.has(error.code)) return error;
  const hint = error.code === "UNEXPECTED_ROW" ? otherVersion : error.hint;
  return new SmithError(error.code, `cannot ${doing}: ${error.message}`, {
    cause: error,
    details: error.details,
    retryable: error.retryable,
    ...(hint === undefined ? {} : { hint }),
  });
}

// These say nothing of what was asked; the others name the agent, the task or the value that they are about.
const aboutTheWay: ReadonlySet<ClientErrorCode> = new Set([
  "NO_PRIMARY",
  "CIRCUIT_OPEN",
  "POOL_EXHAUSTED",
  "TIMEOUT",
  "OUTCOME_UNKNOWN",
  "UNEXPECTED_ROW",
]);

// The functions of the schema raise errors with a hint of their own, which knows best.
function withAdvice(error: DatabaseError): DatabaseError {
  const isOfSchema = error.errorClass === "missing-object" && connectionRefusalOf(error) === undefined;
  const hint = serverHint(error.cause) ?? (isOfSchema ? migrateFirst : undefined);
  return hint === undefined ? error : new DatabaseError(error.message, error.cause, hint);
}

const migrateFirst =
  "The database is not at the schema of this smith: look with `smith migrate status`, then `smith migrate up`.";

const otherVersion =
  "The database may be of another version than this smith; compare with `smith migrate status`.";

function serverHint(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("hint" in error)) return undefined;
  return typeof error.hint === "string" && error.hint !== "" ? error.hint : undefined;
}
