import { DatabaseError } from "@mister-smith/errors";

/**
 * The server refused, for the moment, what may have committed a part of itself before. The SQLSTATE stays; the class
 * does not, since nobody may conclude from it that everything was undone.
 */
export function partlyDone(refusal: Error): DatabaseError {
  return new DatabaseError(
    `cannot run the statement to its end: ${refusal.message}`,
    refusal,
    "A part of it may be committed: look before it is run again. Mark a statement that may run twice with `idempotent: true`.",
    "other",
  );
}
