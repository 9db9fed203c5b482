import {
  asDatabaseError,
  classifyDatabaseError,
  DatabaseError,
  isSmithError,
  isTransactionTimeout,
} from "@mister-smith/errors";
import { ClientError } from "./client-error.ts";

/**
 * The connection broke, and nothing was changed by what ran on it: it may be run again, unless the server broke it
 * by a time limit of the transaction.
 */
export function connectionLost(reason: Error, doing: string): DatabaseError | ClientError {
  if (reason instanceof ClientError) return reason;
  if (isTransactionTimeout(reason)) return transactionTimedOut(reason, doing);
  if (isSmithError(reason) || classifyDatabaseError(reason) === "connection")
    return asDatabaseError(reason, doing);
  // Whatever the socket said, the connection is gone.
  return asDatabaseError(
    Object.assign(new Error(reason.message, { cause: reason }), { code: "ECONNRESET" }),
    doing,
  );
}

/** The server ended the session, and with it a transaction that idled or lasted for too long. */
export function transactionTimedOut(reason: Error, doing: string): DatabaseError {
  return new DatabaseError(
    `cannot ${doing}: ${reason.message}`,
    reason,
    "The server undid the transaction: do less between its statements, or raise `idleInTransactionTimeoutMs` of the pool or `transaction_timeout` of the server.",
  );
}

/** The connection broke after a write was sent and before it was answered. */
export function outcomeUnknown(what: string, reason: Error, idempotent: boolean): ClientError {
  return new ClientError("OUTCOME_UNKNOWN", `the connection broke while ${what}: ${reason.message}`, {
    hint: "It may have been done, or not: look before it is run again. Mark a statement that may run twice with `idempotent: true`.",
    cause: reason,
    retryable: idempotent,
    details: { idempotent },
  });
}
