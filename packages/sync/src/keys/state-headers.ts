/** The header of a message that we wrote from PostgreSQL ourselves: there is nothing to bring there. */
export const originHeader = "Smith-Origin";
/** Its value. */
export const originPostgres = "postgres";
/** The header that says when a value is gone, RFC 3339. */
export const expiresHeader = "Smith-Expires-At";
/** The header by which clients of buckets delete. */
export const operationHeader = "KV-Operation";
