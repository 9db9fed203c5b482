import { sql } from "../statement/sql.ts";
import type { SqlFragment } from "../statement/sql-tag.ts";
import type { Expiry } from "./expiry.ts";

/** When the value is gone, as SQL; NULL when nothing is said about it. */
export function newExpiry({ ttlMs, expiresAt }: Expiry): SqlFragment {
  if (ttlMs === undefined) return sql.fragment`${expiresAt?.toISOString() ?? null}::TIMESTAMPTZ`;
  return sql.fragment`pg_catalog.statement_timestamp() + ${ttlMs}::BIGINT * INTERVAL '1 millisecond'`;
}
