import type { Database } from "@mister-smith/client";
import { keepAlerts, type Monitor, markTold, untoldChanges } from "@mister-smith/monitoring";
import type { Log } from "../log.ts";

/**
 * Holds what was measured against the thresholds, keeps the alerts in the database, and logs what became of them: what fires as a
 * warning, or as an error where it is critical. Whoever dies in the middle leaves it to the next: it is told at least once.
 */
export async function tellAlerts(database: Database, monitor: Monitor, log: Log): Promise<void> {
  await keepAlerts(database, await monitor.check());
  const changes = await untoldChanges(database.write);
  for (const { metric_name: metric, state, severity, value, reason, changed_at: at } of changes) {
    const alert = { metric, state, severity, value, reason, at };
    if (state === "ok") log.info({ alert }, `alert over: ${metric}`);
    else if (state === "no data") log.warn({ alert }, `cannot be measured: ${metric}`);
    else if (severity === "critical") log.error({ alert }, `alert, critical: ${metric}`);
    else log.warn({ alert }, `alert: ${metric}`);
  }
  if (changes.length > 0)
    await markTold(
      database.write,
      changes.map(({ change_id: id }) => id),
    );
}
