import { type Database, type Queryable, sql } from "@mister-smith/client";
import { monitoringAlertsRow } from "@mister-smith/schema";
import { z } from "zod";
import type { ThresholdCheck } from "../check/check-thresholds.ts";
import { type Alert, newAlert, nextAlert } from "./next-alert.ts";
import { isSilenced } from "./silence-fragment.ts";

const noRow = sql.type(z.object({}));
const keptRow = monitoringAlertsRow
  .pick({ metric_name: true, scope: true, scope_name: true, state: true, severity: true, began_at: true })
  .extend({
    since: monitoringAlertsRow.shape.since.nullable(),
    turning_since: monitoringAlertsRow.shape.turning_since,
    unmeasured_since: monitoringAlertsRow.shape.unmeasured_since,
    measured_at: monitoringAlertsRow.shape.measured_at,
    told_state: monitoringAlertsRow.shape.told_state,
    now: monitoringAlertsRow.shape.since,
    hold_ms: z.number(),
  });
const kept = sql.type(keptRow);
type Kept = z.output<typeof keptRow>;

/**
 * Brings the alerts in the database to what was seen, all in one transaction, and notes what is to be told. One that was looked at
 * less than its `check_interval` ago is left as it is; one that is not among the checks is over, as nobody watches it any more. What
 * is silenced is kept all the same; it is told when the silence has ended, and it is still so. The server's clock counts; where that
 * was put back, what should last begins anew. Two who do this at once do it one after the other.
 *
 * @param checks all that is watched, as `Monitor.check` gives it
 * @throws ClientError or DatabaseError when they cannot be kept: nothing of it is then
 */
export async function keepAlerts(
  database: Pick<Database, "transaction">,
  checks: readonly ThresholdCheck[],
): Promise<void> {
  await database.transaction(
    async (tx) => {
      // No row is locked: those of the alerts may not be there yet, and those of the thresholds are not ours to change.
      await tx.query(
        noRow`SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('monitoring.alerts', 0))`,
      );
      await keepSeen(tx, checks);
      await endUnwatched(tx, checks);
      await noteUntold(tx);
    },
    { isolation: "read committed" },
  );
}

async function keepSeen(on: Queryable, checks: readonly ThresholdCheck[]): Promise<void> {
  const byKey = new Map(checks.map((check) => [keyOf(check.metric, check.scope, check.scopeName), check]));
  const rows = (await dueOf(on, checks)).flatMap((before) => {
    const check = byKey.get(keyOf(before.metric_name, before.scope, before.scope_name));
    return check === undefined ? [] : [nextRow(before, check)];
  });
  if (rows.length === 0) return;
  const text = JSON.stringify(rows);
  await on.query(noRow`
    INSERT INTO monitoring.alerts AS a (
      metric_name, scope, scope_name, state, severity, value, reason, since, turning_since, unmeasured_since, measured_at,
      began_at, checked_at
    )
    SELECT
      n.metric_name, n.scope, n.scope_name, n.state, n.severity, n.value, n.reason, n.since, n.turning_since,
      n.unmeasured_since, n.measured_at, n.began_at, n.checked_at
    FROM pg_catalog.jsonb_to_recordset(${text}::JSONB) AS n (
      metric_name TEXT, scope TEXT, scope_name TEXT, state TEXT, severity TEXT, value NUMERIC, reason TEXT,
      since TIMESTAMPTZ, turning_since TIMESTAMPTZ, unmeasured_since TIMESTAMPTZ, measured_at TIMESTAMPTZ, began_at TIMESTAMPTZ, checked_at TIMESTAMPTZ
    )
    ON CONFLICT (metric_name, scope, scope_name) DO UPDATE SET
      state = EXCLUDED.state, severity = EXCLUDED.severity, value = EXCLUDED.value, reason = EXCLUDED.reason,
      since = EXCLUDED.since, turning_since = EXCLUDED.turning_since, unmeasured_since = EXCLUDED.unmeasured_since,
      measured_at = EXCLUDED.measured_at, began_at = EXCLUDED.began_at, checked_at = EXCLUDED.checked_at`);
  // What became of a silenced one is history, too.
  await on.query(noRow`
    INSERT INTO monitoring.alert_changes (
      metric_name, scope, scope_name, state, severity, value, reason, began_at, changed_at, silenced, told_at
    )
    SELECT
      a.metric_name, a.scope, a.scope_name, a.state, a.severity, a.value, a.reason, a.began_at, a.checked_at, TRUE,
      pg_catalog.clock_timestamp()
    FROM monitoring.alerts AS a
    JOIN pg_catalog.jsonb_to_recordset(${text}::JSONB) AS n (metric_name TEXT, scope TEXT, scope_name TEXT, changed BOOLEAN)
      ON n.metric_name = a.metric_name AND n.scope = a.scope AND n.scope_name = a.scope_name
    WHERE n.changed AND ${isSilenced}
    ORDER BY a.metric_name, a.scope, a.scope_name`);
}

/** The alerts of the checks that are due, as they are kept. */
async function dueOf(on: Queryable, checks: readonly ThresholdCheck[]): Promise<readonly Kept[]> {
  const names = JSON.stringify(checks.map(({ metric, scope, scopeName }) => ({ metric, scope, scopeName })));
  return await on.any(kept`
    SELECT
      t.metric_name, c.scope, c."scopeName" AS scope_name, COALESCE(a.state, 'ok') AS state, a.severity,
      LEAST(a.since, now.at) AS since, LEAST(a.turning_since, now.at) AS turning_since,
      LEAST(a.unmeasured_since, now.at) AS unmeasured_since, a.measured_at, COALESCE(a.told_state, 'ok') AS told_state, a.began_at,
      now.at AS now, (EXTRACT(epoch FROM t.hold_for) * 1000)::FLOAT8 AS hold_ms
    FROM pg_catalog.jsonb_to_recordset(${names}::JSONB) AS c (metric TEXT, scope TEXT, "scopeName" TEXT)
    CROSS JOIN (SELECT pg_catalog.clock_timestamp() AS at) AS now
    JOIN monitoring.alert_thresholds AS t ON t.metric_name = c.metric AND t.enabled
    LEFT JOIN monitoring.alerts AS a
      ON a.metric_name = c.metric AND a.scope = c.scope AND a.scope_name = c."scopeName"
    -- A little early is due, too: whoever looks every so often is not to miss every other time.
    WHERE COALESCE(a.checked_at + t.check_interval * 0.9 <= now.at OR a.checked_at > now.at, TRUE)`);
}

function nextRow(before: Kept, check: ThresholdCheck) {
  const { now, hold_ms: holdMs, since, turning_since: turningSince, state, severity } = before;
  const alert: Alert = {
    ...newAlert(now),
    state,
    severity,
    since: since ?? now,
    turningSince,
    unmeasuredSince: before.unmeasured_since,
    measuredAt: before.measured_at,
    told: before.told_state,
  };
  const next = nextAlert(alert, check, holdMs, now);
  const begins = next.alert.state !== state && next.alert.state !== "ok" && next.alert.state !== "pending";
  return {
    metric_name: check.metric,
    scope: check.scope,
    scope_name: check.scopeName,
    state: next.alert.state,
    severity: next.alert.severity,
    value: check.value,
    reason: check.reason,
    since: next.alert.since,
    turning_since: next.alert.turningSince,
    unmeasured_since: next.alert.unmeasuredSince,
    measured_at: next.alert.measuredAt,
    began_at: begins ? now : before.began_at,
    checked_at: now,
    changed: next.change !== null,
  };
}

/** Ends the alerts of what is watched no more: they would fire for ever. */
async function endUnwatched(on: Queryable, checks: readonly ThresholdCheck[]): Promise<void> {
  const names = JSON.stringify(checks.map(({ metric, scope, scopeName }) => ({ metric, scope, scopeName })));
  await on.query(noRow`
    UPDATE monitoring.alerts AS a SET
      state = 'ok', severity = NULL, value = NULL, reason = 'it is watched no more', turning_since = NULL,
      unmeasured_since = NULL, measured_at = NULL,
      since = pg_catalog.clock_timestamp(), checked_at = pg_catalog.clock_timestamp()
    WHERE a.state <> 'ok' AND NOT EXISTS (
      SELECT FROM pg_catalog.jsonb_to_recordset(${names}::JSONB) AS c (metric TEXT, scope TEXT, "scopeName" TEXT)
      WHERE c.metric = a.metric_name AND c.scope = a.scope AND c."scopeName" = a.scope_name
    )`);
}

/** Notes what is to be told: how alerts stand, where that is not what was told last, and they are not silenced. */
async function noteUntold(on: Queryable): Promise<void> {
  await on.query(noRow`
    WITH untold AS (
      UPDATE monitoring.alerts AS a SET told_state = a.state, told_severity = a.severity
      WHERE a.state <> 'pending' AND (a.state, a.severity) IS DISTINCT FROM (a.told_state, a.told_severity)
        AND NOT ${isSilenced}
      RETURNING a.metric_name, a.scope, a.scope_name, a.state, a.severity, a.value, a.reason, a.began_at, a.checked_at
    )
    INSERT INTO monitoring.alert_changes (
      metric_name, scope, scope_name, state, severity, value, reason, began_at, changed_at
    )
    SELECT u.metric_name, u.scope, u.scope_name, u.state, u.severity, u.value, u.reason, u.began_at, u.checked_at
    FROM untold AS u
    ORDER BY u.metric_name, u.scope, u.scope_name`);
}

function keyOf(metric: string, scope: string, scopeName: string): string {
  return JSON.stringify([metric, scope, scopeName]);
}
