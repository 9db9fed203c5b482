import { createSqlTag, type SqlTag } from "@slonik/sql-tag";

/**
 * Builds statements: Slonik's tagged templates. Values become parameters, never text of the statement.
 *
 * `sql.type(schema)` makes a statement whose rows are parsed by the zod schema, `sql.fragment` a part of one.
 * See https://github.com/gajus/slonik#readme for the others.
 */
export const sql: SqlTag = createSqlTag();
