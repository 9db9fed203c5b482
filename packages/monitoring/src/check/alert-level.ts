import type { MonitoringAlertThresholdsRow } from "@mister-smith/schema";

/** How bad a value is. */
export type AlertLevel = "ok" | "warning" | "critical";

/** How bad a value is by a threshold, in its direction; a threshold that is null is never reached. */
export function alertLevel(
  value: number,
  threshold: Pick<MonitoringAlertThresholdsRow, "warning_threshold" | "critical_threshold" | "direction">,
): AlertLevel {
  const isReached = (limit: number | null) =>
    limit !== null && (threshold.direction === "below" ? value <= limit : value >= limit);
  if (isReached(threshold.critical_threshold)) return "critical";
  return isReached(threshold.warning_threshold) ? "warning" : "ok";
}
