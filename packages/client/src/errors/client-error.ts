import { SmithError, type SmithErrorOptions } from "@mister-smith/errors";

/** What a {@link ClientError} can be about; stable across releases. */
export type ClientErrorCode =
  /** an option or an input is not what is allowed */
  | "INVALID_INPUT"
  /** no row where one was asked for: the agent, task, message … does not exist */
  | "NOT_FOUND"
  /** more than one row where one was expected */
  | "TOO_MANY_ROWS"
  /** a row does not meet its schema */
  | "UNEXPECTED_ROW"
  /** the row has changed since it was read: the expected version is not the stored one */
  | "VERSION_CONFLICT"
  /** what is asked for is not possible from the present status */
  | "WRONG_STATUS"
  /** there is one with this identifier or name already, and it is another one */
  | "ALREADY_EXISTS"
  /** it cannot be removed: something else refers to it */
  | "IN_USE"
  /** the connection broke while a write ran: it may have been done, or not */
  | "OUTCOME_UNKNOWN"
  /** no connection became free in time */
  | "POOL_EXHAUSTED"
  /** the call took longer than its timeout */
  | "TIMEOUT"
  /** the caller's signal ended the call */
  | "ABORTED"
  /** the server's circuit breaker is open: it failed too often just now */
  | "CIRCUIT_OPEN"
  /** none of the addresses has a primary that takes writes */
  | "NO_PRIMARY"
  /** the database was closed */
  | "CLOSED"
  /** the lease of a task was lost: another worker may have it */
  | "LEASE_LOST"
  /** the dependencies of tasks would go in a circle */
  | "DEPENDENCY_CYCLE";

/** A failure that the client itself found; what PostgreSQL refuses is a `DatabaseError`. */
export class ClientError extends SmithError<ClientErrorCode> {
  override readonly name = "ClientError";

  constructor(code: ClientErrorCode, message: string, options: SmithErrorOptions = {}) {
    super(code, message, options);
  }
}
