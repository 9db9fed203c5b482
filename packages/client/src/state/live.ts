import { sql } from "../statement/sql.ts";
import type { SqlFragment } from "../statement/sql-tag.ts";

/**
 * Whether a row of `agents.state` has not expired, by the server's clock when the statement began: one moment for the
 * whole statement, and not that of a transaction that may be open for long.
 */
export function live(table: string): SqlFragment {
  const expiresAt = sql.identifier([table, "expires_at"]);
  return sql.fragment`(${expiresAt} IS NULL OR ${expiresAt} > pg_catalog.statement_timestamp())`;
}
