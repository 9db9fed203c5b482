import { createHash } from "node:crypto";
import type { TrackingTable } from "../tracking/tracking-table.ts";

/**
 * The key of the advisory lock that all runners of one tracking table share. Advisory locks belong to a
 * database, so the database is not part of it.
 */
export function runnerLockKey(table: TrackingTable): bigint {
  const digest = createHash("sha256").update(JSON.stringify(["smith migrate", table.schema, table.name]));
  return digest.digest().readBigInt64BE(0);
}
