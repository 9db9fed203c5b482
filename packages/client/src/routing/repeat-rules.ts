import { ClientError } from "../errors/client-error.ts";
import { failureOf } from "../resilience/failure.ts";
import type { Server } from "../servers/server.ts";

/** What may be done after a failure: nothing, the same on another server at once, or the same after a pause. */
export type Repeat = "no" | "elsewhere" | "again";

/** Decides about a failed call on a server. */
export type RepeatRule = (error: unknown, server: Server) => Repeat | Promise<Repeat>;

/** What is there to read is always repeated; functions that it calls must bear that. */
export const repeatRead: RepeatRule = (error) => {
  switch (failureOf(error)) {
    case "not-reached":
    case "unknown":
    case "undone":
      return "again";
    case "busy":
      return "elsewhere";
    case "shut":
      return isBeingTried(error) ? "again" : "elsewhere";
    default:
      return "no";
  }
};

/**
 * What writes may be repeated when nothing was done: the server was not reached, refused as a whole, or takes no
 * writes and turns out not to be the primary. What may have been done is repeated only by the caller's word.
 */
export const repeatWrite: RepeatRule = (error, server) => {
  switch (failureOf(error)) {
    case "not-reached":
    case "undone":
      return "again";
    case "unknown":
      return error instanceof ClientError && error.retryable ? "again" : "no";
    case "read-only":
      return hasLostWrites(server);
    case "shut":
      return isBeingTried(error) ? "again" : "no";
    default:
      return "no";
  }
};

/** A transaction whose outcome is not known is never repeated, whatever its statements said of themselves. */
export const repeatTransaction: RepeatRule = (error, server) =>
  failureOf(error) === "unknown" ? "no" : repeatWrite(error, server);

/** Work on a lent session may be anything; it is repeated only when it did not begin. */
export function repeatUnbegun(hasBegun: () => boolean): RepeatRule {
  return (error, server) => (hasBegun() ? "no" : repeatTransaction(error, server));
}

// A primary refuses writes by its settings and in transactions that only read, too: it is not doubted before it has
// been asked, and another search would find nothing else.
async function hasLostWrites(server: Server): Promise<Repeat> {
  const { status, answer } = await server.monitor.probe();
  return status === "up" && answer?.role === "primary" ? "no" : "again";
}

// A half-open breaker decides in a moment; an open one has said when it tries again.
function isBeingTried(error: unknown): boolean {
  return error instanceof ClientError && error.details["retryAfterMs"] === 0;
}
