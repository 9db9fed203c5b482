import type { DaemonRole } from "@mister-smith/cli/config";
import type { Metrics } from "./metrics.ts";

type RoleGauge = "flushLagKeys" | "flushLagSeconds" | "verifyRunning" | "verifyOpen";

/** What only the leader of a role knows. */
const gaugesOf: Partial<Record<DaemonRole, readonly RoleGauge[]>> = {
  flush: ["flushLagKeys", "flushLagSeconds"],
  hydrate: ["verifyRunning", "verifyOpen"],
};

/** The roles that tell of the lives of agents. */
export const toldBy: ReadonlySet<string> = new Set<DaemonRole>(["flush", "hydrate", "evict"]);

/** Leaves out what only the leader of a role knows, until it is measured again: an old value, or 0, would be a lie. */
export function leaveOut(metrics: Metrics, role: DaemonRole): void {
  metrics.notBeforeShown(role);
  if (role === "monitor") metrics.monitored(null);
  for (const gauge of gaugesOf[role] ?? []) metrics[gauge].remove();
}

/** Leaves it out for all roles. */
export function leaveOutAll(metrics: Metrics): void {
  for (const role of Object.keys(gaugesOf)) leaveOut(metrics, role as DaemonRole);
}
