import { type Notification, notificationText } from "@mister-smith/monitoring";
import type { Log } from "../log.ts";

/** Logs what became of an alert: what fires as a warning, or as an error where it is critical. */
export function logAlert(log: Log, told: Notification): void {
  const { name: metric, kind, state, severity, value, reason, scope, scopeName, changedAt: at } = told;
  const alert = {
    metric,
    ...(scope === "" ? {} : { [scope]: scopeName }),
    state,
    severity,
    value,
    reason,
    at,
  };
  if (kind !== "alert") log.info({ alert }, notificationText(told));
  else if (state === "ok") log.info({ alert }, `alert over: ${metric}`);
  else if (state === "no data") log.warn({ alert }, `cannot be measured: ${metric}`);
  else if (state === "error") log.warn({ alert }, `failed to be measured: ${metric}`);
  else if (severity === "critical") log.error({ alert }, `alert, critical: ${metric}`);
  else log.warn({ alert }, `alert: ${metric}`);
}
