import { type Queryable, sql } from "@mister-smith/client";
import { monitoringAlertThresholdsRow } from "@mister-smith/schema";
import { z } from "zod";
import type { Snapshot } from "../collect/snapshot.ts";
import { slowStatements } from "../questions/slow-statements.ts";
import { type AlertLevel, alertLevel } from "./alert-level.ts";
import { type MeasuredValue, measuredValue } from "./measured-values.ts";

/** What is to be said of one metric of `monitoring.alert_thresholds`. */
export interface ThresholdCheck {
  readonly metric: string;
  /** `no data`: it cannot be measured here and now; `reason` says why. */
  readonly level: AlertLevel | "no data";
  readonly value: number | null;
  readonly warning: number | null;
  readonly critical: number | null;
  readonly direction: "above" | "below";
  readonly reason: string | null;
}

const thresholds = sql.type(monitoringAlertThresholdsRow);
const databaseName = sql.type(z.object({ name: z.string() }));

/** Holds what was measured against the thresholds that are enabled, by name. */
export async function checkThresholds(
  on: Queryable,
  now: Snapshot,
  before: Snapshot | null,
  timeoutMs: number,
): Promise<readonly ThresholdCheck[]> {
  const rows = await on.any(
    thresholds`SELECT t.* FROM monitoring.alert_thresholds AS t WHERE t.enabled ORDER BY t.metric_name`,
    { timeoutMs },
  );
  const database = await on.oneFirst(databaseName`SELECT pg_catalog.current_database()::TEXT AS name`, {
    timeoutMs,
  });
  const checks: ThresholdCheck[] = [];
  for (const row of rows) {
    const measured =
      row.metric_name === "query_execution_time_ms"
        ? await slowest(on, timeoutMs)
        : measuredValue(row.metric_name, now, before, database);
    checks.push({
      metric: row.metric_name,
      level: "value" in measured ? alertLevel(measured.value, row) : "no data",
      value: "value" in measured ? measured.value : null,
      warning: row.warning_threshold,
      critical: row.critical_threshold,
      direction: row.direction,
      reason: "noData" in measured ? measured.noData : null,
    });
  }
  return checks;
}

async function slowest(on: Queryable, timeoutMs: number): Promise<MeasuredValue> {
  const found = await slowStatements(on, { by: "mean", limit: 1, timeoutMs });
  if (found === null) return { noData: "statements are not recorded: add pg_stat_statements" };
  const [first] = found;
  return first === undefined ? { noData: "no statement was recorded" } : { value: first.meanMs };
}
