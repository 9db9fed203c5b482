import type { SlowStatement, Snapshot, ThresholdCheck } from "@mister-smith/monitoring";
import type { MonitoringAlertsRow } from "@mister-smith/schema";
import type { SyncStatus } from "../../sync/read-status.ts";

/** What a frame of the live screen shows. Null is what could not be read; `problems` says why. */
export interface ScreenData {
  readonly at: Date;
  readonly server: { readonly version: string; readonly database: string; readonly role: string } | null;
  readonly snapshot: Snapshot | null;
  readonly checks: readonly ThresholdCheck[] | null;
  /** Those that are not ok, as smithd keeps them. */
  readonly alerts: readonly MonitoringAlertsRow[] | null;
  /** The slowest since the frame before; since their statistics began in the first. Null where they are not recorded. */
  readonly slowest: readonly SlowStatement[] | null;
  readonly sync: SyncStatus | null;
  readonly problems: readonly string[];
}
