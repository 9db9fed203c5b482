/** A value that becomes a parameter of a statement. */
export type SqlParameter = string | number | bigint | boolean | null | Buffer | readonly SqlParameter[];
