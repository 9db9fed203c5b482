import { DatabaseError, type DatabaseErrorClass } from "@mister-smith/errors";

const hints: Partial<Record<DatabaseErrorClass, string>> = {
  "missing-object":
    "Where the name is one of Mister Smith's, the database lacks its migrations: `smith migrate up`. Else correct the name.",
  "read-only":
    "Write in a transaction that is not read only, and look at `default_transaction_read_only` of the server, the database and the role.",
};

/** A refusal of a statement with what to do about it, where the server does not say that itself. */
export function withStatementHint(error: DatabaseError): DatabaseError {
  const hint = hints[error.errorClass];
  if (hint === undefined || error.hint !== undefined) return error;
  return new DatabaseError(error.message, error.cause, hint, error.errorClass);
}
