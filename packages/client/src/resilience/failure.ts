import { DatabaseError, sqlStateOf } from "@mister-smith/errors";
import { ClientError } from "../errors/client-error.ts";
import { isForeign } from "./foreign-failure.ts";

/** What a failed call means for what comes next. */
export type Failure =
  /** the server was not reached, or was not the one that was wanted: nothing was done */
  | "not-reached"
  /** the connection broke after something was sent: it may have been done, or not */
  | "unknown"
  /** a deadlock or a serialization failure: everything was undone */
  | "undone"
  /** the server takes no writes: nothing was done */
  | "read-only"
  /** no connection became free: nothing was done, and nothing is said about the server */
  | "busy"
  /** the breaker lets nothing through: nothing was done */
  | "shut"
  /** nothing that another try would change */
  | "final";

/** Tells what a failed call means. */
export function failureOf(error: unknown): Failure {
  if (isForeign(error)) return "final";
  if (error instanceof DatabaseError) return ofDatabase(error);
  if (error instanceof ClientError) return ofClient(error);
  return "final";
}

function ofDatabase({ errorClass, sqlState, cause }: DatabaseError): Failure {
  // What refused a new connection was one of us.
  if (cause instanceof ClientError) return ofClient(cause);
  // Without a code it is not the server that spoke: it was not reached, in one of the many ways of the network.
  if (sqlState === undefined) return "not-reached";
  switch (errorClass) {
    case "connection":
    case "unavailable":
      return "not-reached";
    case "conflict":
      return "undone";
    case "read-only":
      return "read-only";
    default:
      return "final";
  }
}

function ofClient({ code }: ClientError): Failure {
  switch (code) {
    case "OUTCOME_UNKNOWN":
      return "unknown";
    case "NO_PRIMARY":
    // The pool was left for one to another server.
    case "CLOSED":
      return "not-reached";
    case "POOL_EXHAUSTED":
      return "busy";
    case "CIRCUIT_OPEN":
      return "shut";
    default:
      return "final";
  }
}

/** Whether the way to the server has failed, rather than what was asked of it. */
export function isLossOfServer(error: unknown): boolean {
  const failure = failureOf(error);
  return failure === "not-reached" || failure === "unknown";
}

/** Whether somebody has ended just the session that the call was on, which says nothing of its server. */
export function isEndOfOneSession(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause)
    if (sqlStateOf(each) === "57P01") return true;
  return false;
}
