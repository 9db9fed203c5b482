import { type Database, type Queryable, sql } from "@mister-smith/client";
import {
  type MonitoringAlertChangesRow,
  monitoringAlertChangesRow,
  monitoringAlertsRow,
} from "@mister-smith/schema";
import { z } from "zod";
import type { ThresholdCheck } from "../check/check-thresholds.ts";
import { type Alert, newAlert, nextAlert } from "./next-alert.ts";

const noRow = sql.type(z.object({}));
const kept = sql.type(
  monitoringAlertsRow
    .pick({ state: true, severity: true, since: true, turning_since: true })
    .extend({ now: monitoringAlertsRow.shape.since, hold_ms: z.number(), is_due: z.boolean() }),
);
const change = sql.type(monitoringAlertChangesRow);

/**
 * Brings the alerts in the database to what was seen, each by itself, and notes what is to be told: see
 * {@link untoldChanges}. A metric that was looked at less than its `check_interval` ago is left as it is. The server's clock
 * counts. Two who do this at once do it one after the other.
 *
 * @throws ClientError or DatabaseError when they cannot be kept
 */
export async function keepAlerts(
  database: Pick<Database, "transaction">,
  checks: readonly ThresholdCheck[],
): Promise<void> {
  for (const check of checks)
    await database.transaction(async (tx) => await keepOne(tx, check), { isolation: "read committed" });
}

async function keepOne(on: Queryable, check: ThresholdCheck): Promise<void> {
  const { metric, value, reason } = check;
  // No row is locked: that of the alert may not be there yet, and that of the threshold is not ours to change.
  await on.query(
    noRow`SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('monitoring.alerts ' || ${metric}, 0))`,
  );
  const before = await on.maybeOne(kept`
    SELECT
      COALESCE(a.state, 'ok') AS state, a.severity, COALESCE(a.since, pg_catalog.clock_timestamp()) AS since,
      a.turning_since, pg_catalog.clock_timestamp() AS now,
      (EXTRACT(epoch FROM t.hold_for) * 1000)::FLOAT8 AS hold_ms,
      -- A little early is due, too: whoever looks every so often is not to miss every other time.
      COALESCE(a.checked_at + t.check_interval * 0.9 <= pg_catalog.clock_timestamp(), TRUE) AS is_due
    FROM monitoring.alert_thresholds AS t
    LEFT JOIN monitoring.alerts AS a ON a.metric_name = t.metric_name
    WHERE t.metric_name = ${metric} AND t.enabled`);
  if (before === null || !before.is_due) return;
  const { now, hold_ms: holdMs, since, turning_since: turningSince, state, severity } = before;
  const alert: Alert = { ...newAlert(now), state, severity, since, turningSince };
  const next = nextAlert(alert, check, holdMs, now);
  await on.query(noRow`
    INSERT INTO monitoring.alerts AS a (
      metric_name, state, severity, value, reason, since, turning_since, checked_at
    ) VALUES (
      ${metric}, ${next.alert.state}, ${next.alert.severity}, ${value}::NUMERIC, ${reason},
      ${next.alert.since.toISOString()}::TIMESTAMPTZ, ${next.alert.turningSince?.toISOString() ?? null}::TIMESTAMPTZ,
      ${now.toISOString()}::TIMESTAMPTZ
    )
    ON CONFLICT (metric_name) DO UPDATE SET
      state = EXCLUDED.state, severity = EXCLUDED.severity, value = EXCLUDED.value, reason = EXCLUDED.reason,
      since = EXCLUDED.since, turning_since = EXCLUDED.turning_since, checked_at = EXCLUDED.checked_at`);
  if (next.change === null) return;
  await on.query(noRow`
    INSERT INTO monitoring.alert_changes (metric_name, state, severity, value, reason, changed_at)
    VALUES (
      ${metric}, ${next.change.state}, ${next.change.severity}, ${value}::NUMERIC, ${reason},
      ${now.toISOString()}::TIMESTAMPTZ
    )`);
}

/** What is to be told of alerts, the oldest first, at most so many. */
export async function untoldChanges(
  on: Queryable,
  limit = 100,
): Promise<readonly MonitoringAlertChangesRow[]> {
  return await on.any(change`
    SELECT c.* FROM monitoring.alert_changes AS c WHERE c.told_at IS NULL ORDER BY c.change_id LIMIT ${limit}`);
}

/** Notes that changes were told. Who dies between telling and this tells again: at least once. */
export async function markTold(on: Queryable, changeIds: readonly bigint[]): Promise<void> {
  await on.query(
    noRow`
      UPDATE monitoring.alert_changes AS c SET told_at = pg_catalog.clock_timestamp()
      WHERE c.change_id = ANY (${sql.array(changeIds.map(String), "int8")}) AND c.told_at IS NULL`,
    { idempotent: true },
  );
}

/** Removes changes that were told longer ago than given, in milliseconds; returns how many. */
export async function dropOldChanges(on: Queryable, keepMs: number): Promise<number> {
  const { rowCount } = await on.query(
    noRow`
      DELETE FROM monitoring.alert_changes AS c
      WHERE c.told_at < pg_catalog.clock_timestamp() - ${keepMs}::FLOAT8 * INTERVAL '1 millisecond'`,
    { idempotent: true },
  );
  return rowCount;
}
