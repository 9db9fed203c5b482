import { ClientError } from "../errors/client-error.ts";

/** The answer to whoever comes after the end. */
export function closedError(): ClientError {
  return new ClientError("CLOSED", "the database was closed", {
    hint: "Open it again with `createDatabase`, or close it only after everything is done.",
  });
}
