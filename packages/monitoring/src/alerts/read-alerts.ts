import { type Queryable, sql } from "@mister-smith/client";
import {
  type MonitoringAlertChangesRow,
  type MonitoringAlertDeliveriesRow,
  type MonitoringAlertsRow,
  monitoringAlertChangesRow,
  monitoringAlertDeliveriesRow,
  monitoringAlertsRow,
} from "@mister-smith/schema";

/** How each metric stands, as it was last looked at: what is worst first. */
export async function listAlerts(on: Queryable): Promise<readonly MonitoringAlertsRow[]> {
  return await on.any(sql.type(monitoringAlertsRow)`
    SELECT a.* FROM monitoring.alerts AS a
    ORDER BY
      pg_catalog.array_position(ARRAY['firing', 'pending', 'error', 'no data', 'ok'], a.state::TEXT),
      a.severity NULLS LAST, a.since, a.metric_name, a.scope, a.scope_name`);
}

/** What became of alerts, the latest first. */
export async function alertHistory(
  on: Queryable,
  limit: number,
): Promise<readonly MonitoringAlertChangesRow[]> {
  return await on.any(sql.type(monitoringAlertChangesRow)`
    SELECT c.* FROM monitoring.alert_changes AS c ORDER BY c.change_id DESC LIMIT ${limit}`);
}

/** What has not reached a channel yet, the latest first; 1,000 at most. */
export async function waitingDeliveries(on: Queryable): Promise<readonly MonitoringAlertDeliveriesRow[]> {
  return await on.any(sql.type(monitoringAlertDeliveriesRow)`
    SELECT d.* FROM monitoring.alert_deliveries AS d
    WHERE d.outcome = 'waiting'
    ORDER BY d.change_id DESC, d.channel
    LIMIT 1000`);
}
