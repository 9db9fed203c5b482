/** The header of a message that we wrote from PostgreSQL ourselves: there is nothing to bring there. */
export const originHeader = "Smith-Origin";
/** Its value. */
export const originPostgres = "postgres";
/** The header that says when a value is gone, RFC 3339. */
export const expiresHeader = "Smith-Expires-At";
/**
 * The header of a value that we wrote from PostgreSQL, which says how new the row was: its version, and the time of its last
 * change, RFC 3339 to the microsecond, with a space between. Neither alone would do: SQL does not raise the version.
 */
export const rowHeader = "Smith-Row";
/** The header by which clients of buckets delete. */
export const operationHeader = "KV-Operation";
