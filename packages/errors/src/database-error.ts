import { SmithError } from "./smith-error.ts";
import {
  type ConnectionRefusal,
  classifyDatabaseError,
  connectionRefusalOf,
  type DatabaseErrorClass,
  isRefusalOfValues,
  isRetryableDatabaseError,
  sqlStateOf,
} from "./sqlstate.ts";

/** A failure that PostgreSQL or the way to it reported. */
export class DatabaseError extends SmithError<"DATABASE"> {
  override readonly name = "DatabaseError";
  /** What the caller can do about it. */
  readonly errorClass: DatabaseErrorClass;
  /** The server's SQLSTATE; undefined when the server was not reached. */
  readonly sqlState: string | undefined;

  constructor(
    message: string,
    cause: unknown,
    hint?: string,
    errorClass: DatabaseErrorClass = classifyDatabaseError(cause),
  ) {
    const sqlState = sqlStateOf(cause);
    super("DATABASE", message, {
      cause,
      retryable: isRetryableDatabaseError(errorClass),
      details: { errorClass, ...(sqlState === undefined ? {} : { sqlState }), ...namesOf(cause) },
      ...(hint === undefined ? {} : { hint }),
    });
    this.errorClass = errorClass;
    this.sqlState = sqlState;
  }
}

const hints: Partial<Record<DatabaseErrorClass, string>> = {
  connection:
    "Check that the server runs and that the address in the URL is right; `smith status` shows the embedded one.",
  unavailable: "The server is starting, stopping or out of connections; try again in a moment.",
  permission: "Give the role of the URL the missing right, or use a role that has it.",
  resources: "Look at the server's disk and memory; nothing was changed.",
};

const tooMuch =
  "Give less at once: it is larger, or nested deeper, than PostgreSQL takes; nothing was changed.";

// A limit of the program, which no larger disk or memory would change.
function isTooMuch(error: unknown, errorClass: DatabaseErrorClass): boolean {
  return errorClass === "resources" && isRefusalOfValues(error);
}

const remedies: Readonly<Record<ConnectionRefusal, string>> = {
  database: "Create the database, or correct its name in the URL.",
  "sign-in": "Correct the user or the password of the URL, or let that user in by the server's pg_hba.conf.",
  encryption: "Turn TLS on at the server, or off here: `sslmode=disable` in the URL, or `ssl: false`.",
  certificate:
    "Give the authority that signed the server's certificate as `ssl.ca`, or correct the name of the host.",
};

/** What to do about a connection that would be refused again; undefined for any other failure. */
export function connectionRemedy(error: unknown): string | undefined {
  const refusal = connectionRefusalOf(error);
  return refusal === undefined ? undefined : remedies[refusal];
}

/**
 * Wraps what a PostgreSQL driver threw. The details name the constraint, table and column that the server named; the
 * hint is the server's own where it gave one.
 *
 * @param doing what was being done, as "cannot …" would continue: "read the applied migrations"
 * @param errorClass where the caller knows better than the SQLSTATE what can be done
 */
export function asDatabaseError(
  error: unknown,
  doing: string,
  errorClass: DatabaseErrorClass = classifyDatabaseError(error),
): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const reason = reasonOf(error);
  const hint =
    fieldOf(error, "hint") ??
    connectionRemedy(error) ??
    (isTooMuch(error, errorClass) ? tooMuch : hints[errorClass]);
  return new DatabaseError(`cannot ${doing}: ${reason}`, error, hint, errorClass);
}

// What the server names about its refusal. Not its detail: that shows values of the row, which may be secret.
function namesOf(cause: unknown): Record<string, string> {
  const names: Record<string, string> = {};
  for (const name of ["constraint", "schema", "table", "column"] as const) {
    const value = fieldOf(cause, name);
    if (value !== undefined) names[name] = value;
  }
  return names;
}

function fieldOf(cause: unknown, name: string): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const value: unknown = Reflect.get(cause, name);
  return typeof value === "string" && value !== "" ? value : undefined;
}

// Node joins the failures for each address of a host in an AggregateError whose own message is empty.
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(reasonOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
