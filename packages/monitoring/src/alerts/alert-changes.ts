import { type Queryable, sql } from "@mister-smith/client";
import { type MonitoringAlertChangesRow, monitoringAlertChangesRow } from "@mister-smith/schema";
import { z } from "zod";

const noRow = sql.type(z.object({}));

/**
 * What is to be told of alerts, the oldest first, at most so many: for who tells it by himself, with {@link markTold}, and not by
 * `deliverAlerts`.
 */
export async function untoldChanges(
  on: Queryable,
  limit = 100,
): Promise<readonly MonitoringAlertChangesRow[]> {
  return await on.any(sql.type(monitoringAlertChangesRow)`
    SELECT c.* FROM monitoring.alert_changes AS c WHERE c.told_at IS NULL ORDER BY c.change_id LIMIT ${limit}`);
}

/** Notes that changes were told. Who dies between telling and this tells again: at least once. */
export async function markTold(on: Queryable, changeIds: readonly bigint[]): Promise<void> {
  await on.query(
    noRow`
      UPDATE monitoring.alert_changes AS c SET
        told_at = pg_catalog.clock_timestamp(), routed_at = COALESCE(c.routed_at, pg_catalog.clock_timestamp())
      WHERE c.change_id = ANY (${sql.array(changeIds.map(String), "int8")}) AND c.told_at IS NULL`,
    { idempotent: true },
  );
}

/**
 * Removes changes that were told longer ago than given, in milliseconds, with their deliveries, and silences that ended as long ago;
 * returns how many changes.
 */
export async function dropOldChanges(on: Queryable, keepMs: number): Promise<number> {
  await on.query(
    noRow`
      DELETE FROM monitoring.alert_silences AS s
      WHERE s.ends_at < pg_catalog.clock_timestamp() - ${keepMs}::FLOAT8 * INTERVAL '1 millisecond'`,
    { idempotent: true },
  );
  const { rowCount } = await on.query(
    noRow`
      DELETE FROM monitoring.alert_changes AS c
      WHERE c.told_at < pg_catalog.clock_timestamp() - ${keepMs}::FLOAT8 * INTERVAL '1 millisecond'`,
    { idempotent: true },
  );
  return rowCount;
}
