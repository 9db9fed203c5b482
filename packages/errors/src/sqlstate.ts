/**
 * The only place that knows SQLSTATE codes. Everything else asks for the class of an error.
 *
 * Codes: PostgreSQL manual, appendix A, "PostgreSQL Error Codes"
 * (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */

/** What the caller can do about a failed statement. */
export type DatabaseErrorClass =
  /** the connection is gone or was never there; whether a running write was committed is not known */
  | "connection"
  /** the server is starting, stopping or full; nothing was done */
  | "unavailable"
  /** a deadlock, a serialization failure or a migration in between; the transaction may be run again from its start */
  | "conflict"
  /** a lock was not granted within `lock_timeout` */
  | "lock-timeout"
  /** cancelled by `statement_timeout` or by a person */
  | "cancelled"
  /** the role lacks a right, or could not sign in */
  | "permission"
  /** a constraint refused the values */
  | "constraint"
  /** the values do not fit the column's type */
  | "data"
  /** a table, column, function or schema does not exist */
  | "missing-object"
  /** the object exists already */
  | "duplicate-object"
  /** the statement does not parse or is not allowed here */
  | "syntax"
  /** disk, memory or another limit of the server */
  | "resources"
  /** the server is read-only: a standby, or a read-only transaction */
  | "read-only"
  | "other";

const byCode: Readonly<Record<string, DatabaseErrorClass>> = {
  "25006": "read-only",
  "40001": "conflict",
  "40P01": "conflict",
  "42501": "permission",
  "42P06": "duplicate-object",
  "42P07": "duplicate-object",
  "42701": "duplicate-object",
  "42710": "duplicate-object",
  "42723": "duplicate-object",
  "42704": "missing-object",
  "42703": "missing-object",
  "42883": "missing-object",
  "42P01": "missing-object",
  "3D000": "missing-object",
  "3F000": "missing-object",
  "53300": "unavailable",
  "55P03": "lock-timeout",
  "57014": "cancelled",
  "57P01": "connection",
  "57P02": "connection",
  "57P03": "unavailable",
  "57P04": "connection",
  "57P05": "connection",
};

const byClass: Readonly<Record<string, DatabaseErrorClass>> = {
  "08": "connection",
  "22": "data",
  "23": "constraint",
  "28": "permission",
  "42": "syntax",
  "53": "resources",
  "54": "resources",
  "58": "resources",
};

/** Error codes of the network, as Node.js reports them, that mean: no connection. */
const networkCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EPIPE",
  "ETIMEDOUT",
]);

/** The class of a five-character SQLSTATE; `other` when it is none that needs a decision. */
export function classifySqlState(sqlState: string): DatabaseErrorClass {
  return byCode[sqlState] ?? byClass[sqlState.slice(0, 2)] ?? "other";
}

/** The SQLSTATE that a driver's error carries, or undefined. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = codeOf(error);
  // EPIPE has the shape of a SQLSTATE.
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !networkCodes.has(code) ? code : undefined;
}

/** The class of any error that a PostgreSQL driver threw, network errors included. */
export function classifyDatabaseError(error: unknown): DatabaseErrorClass {
  const code = codeOf(error);
  if (code !== undefined && networkCodes.has(code)) return "connection";
  const sqlState = sqlStateOf(error);
  if (sqlState !== undefined) return classifySqlState(sqlState);
  // pg reports a socket that closed under a running query without any code.
  return isClosedSocket(error) ? "connection" : "other";
}

/** What the server says of a statement that it kept and that no longer fits, or that it has forgotten. */
const outdatedPlanCodes: ReadonlySet<string> = new Set(["0A000", "26000"]);

/**
 * Whether the server may have refused a statement that it kept only because it kept it: its result has another type
 * since a migration, or it was deallocated. It changed nothing, and may be prepared anew. Of a statement that was
 * not kept this says nothing.
 */
export function mayBeOutdatedPlan(error: unknown): boolean {
  const sqlState = sqlStateOf(error);
  return sqlState !== undefined && outdatedPlanCodes.has(sqlState);
}

/** What the server says when it ends a session whose transaction idled, or lasted, for too long. */
const transactionTimeoutCodes: ReadonlySet<string> = new Set(["25P03", "25P04"]);

/** Whether the server ended the session by a time limit of its transaction, which a second run would meet as well. */
export function isTransactionTimeout(error: unknown): boolean {
  const sqlState = sqlStateOf(error);
  return sqlState !== undefined && transactionTimeoutCodes.has(sqlState);
}

/**
 * Whether the server refused the values of a statement, so that the same ones are refused again: a constraint, a type,
 * or a limit such as the depth or size of a document.
 */
export function isRefusalOfValues(error: unknown): boolean {
  const sqlState = sqlStateOf(error);
  return sqlState !== undefined && /^(22|23|54)/.test(sqlState);
}

/** What a server, or our own look at its certificate, refuses a connection for until somebody changes that. */
export type ConnectionRefusal =
  /** there is no such database */
  | "database"
  /** the user does not exist, may not sign in, or gave another password */
  | "sign-in"
  /** the server has no TLS */
  | "encryption"
  /** its certificate is not to be trusted */
  | "certificate";

const refusalCodes: Readonly<Record<string, ConnectionRefusal>> = {
  "3D000": "database",
  "28000": "sign-in",
  "28P01": "sign-in",
  CERT_HAS_EXPIRED: "certificate",
  CERT_NOT_YET_VALID: "certificate",
  CERT_REVOKED: "certificate",
  CERT_UNTRUSTED: "certificate",
  DEPTH_ZERO_SELF_SIGNED_CERT: "certificate",
  ERR_TLS_CERT_ALTNAME_INVALID: "certificate",
  SELF_SIGNED_CERT_IN_CHAIN: "certificate",
  UNABLE_TO_GET_ISSUER_CERT: "certificate",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "certificate",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "certificate",
};

/** What a connection was refused for, when the same one would be refused again; undefined for any other failure. */
export function connectionRefusalOf(error: unknown): ConnectionRefusal | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    const code = codeOf(each);
    if (code !== undefined && Object.hasOwn(refusalCodes, code)) return refusalCodes[code];
    // pg says so without any code.
    if (each.message === "The server does not support SSL connections") return "encryption";
  }
  return undefined;
}

const retryableClasses: ReadonlySet<DatabaseErrorClass> = new Set([
  "connection",
  "unavailable",
  "conflict",
  "lock-timeout",
]);

/** Whether a statement that failed with this class may succeed when it is run again unchanged. */
export function isRetryableDatabaseError(errorClass: DatabaseErrorClass): boolean {
  return retryableClasses.has(errorClass);
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

function isClosedSocket(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.message === "Connection terminated unexpectedly" ||
      error.message === "Connection terminated" ||
      error.message === "Client has encountered a connection error and is not queryable")
  );
}
