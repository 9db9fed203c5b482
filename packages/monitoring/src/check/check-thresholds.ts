import { type Queryable, sql } from "@mister-smith/client";
import {
  type MonitoringAlertOverridesRow,
  type MonitoringAlertThresholdsRow,
  monitoringAlertOverridesRow,
  monitoringAlertThresholdsRow,
} from "@mister-smith/schema";
import { z } from "zod";
import { mostOverrides } from "../alerts/overrides.ts";
import type { Snapshot } from "../collect/snapshot.ts";
import type { Scoped } from "../scopes/scope.ts";
import { type AlertLevel, alertLevel } from "./alert-level.ts";
import type { Earlier } from "./history.ts";
import { type Ask, type Measuring, measure } from "./measure.ts";
import type { Absence } from "./measured-values.ts";

/** What is to be said of one metric of `monitoring.alert_thresholds`, or of one database or role of it. */
export interface ThresholdCheck extends Scoped {
  readonly metric: string;
  /** `no data`: it cannot be measured here and now; `error`: measuring it failed. `reason` says why. */
  readonly level: AlertLevel | "no data" | "error";
  readonly value: number | null;
  readonly warning: number | null;
  readonly critical: number | null;
  readonly direction: "above" | "below";
  readonly reason: string | null;
  /** Of `no data`, what that says; null otherwise. */
  readonly absence: Absence | null;
}

/** How long a check may take, and from when on it counts. */
export interface CheckBounds extends Pick<Measuring, "statements" | "atMs"> {
  /** How long one question may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether there is no time left for another one. */
  readonly isOver: () => boolean;
}

const thresholds = sql.type(monitoringAlertThresholdsRow);
const overridden = sql.type(monitoringAlertOverridesRow);
const databaseName = sql.type(z.object({ name: z.string() }));
/** So many that have thresholds of their own are read, to say of those that are too many that nobody looks at them. */
const mostRead = 1_000;

/**
 * Holds what was measured against the thresholds that are enabled, by name; after each metric its databases and roles that
 * have thresholds of their own. One that fails keeps no other from being looked at.
 */
export async function checkThresholds(
  ask: Ask,
  now: Snapshot,
  earlier: Earlier,
  { timeoutMs, isOver, statements, atMs }: CheckBounds,
): Promise<readonly ThresholdCheck[]> {
  const { rows, overrides, database } = await ask((on) => watched(on, timeoutMs));
  const checks: ThresholdCheck[] = [];
  for (const row of rows) {
    const own = overrides.filter(({ metric_name: metric }) => metric === row.metric_name);
    const tooMany = new Set(overrides.slice(mostOverrides).map(keyOf));
    const measuring: Measuring = {
      ask,
      now,
      earlier,
      statements,
      atMs,
      database,
      timeoutMs,
      overrides: own.map(scopedOf),
    };
    for (const part of partsToCheck(row, own, database)) {
      const isTooMuch =
        part.scope !== "" && tooMany.has(keyOf({ ...row, ...part, scope_name: part.scopeName }));
      checks.push(
        isTooMuch
          ? { ...knownOf(row.metric_name, part), ...notLookedAt }
          : await checked(row.metric_name, part, measuring, isOver),
      );
    }
  }
  return checks;
}

/** What is watched, and in which database. */
async function watched(on: Queryable, timeoutMs: number) {
  const rows = await on.any(
    thresholds`SELECT t.* FROM monitoring.alert_thresholds AS t WHERE t.enabled ORDER BY t.metric_name`,
    { timeoutMs },
  );
  const overrides = await on.any(
    overridden`
      SELECT o.* FROM monitoring.alert_overrides AS o
      ORDER BY o.metric_name, o.scope, o.scope_name
      LIMIT ${mostRead}`,
    { timeoutMs },
  );
  const here = databaseName`SELECT pg_catalog.current_database()::TEXT AS name`;
  return { rows, overrides, database: await on.oneFirst(here, { timeoutMs }) };
}

interface Part
  extends Scoped,
    Pick<MonitoringAlertThresholdsRow, "warning_threshold" | "critical_threshold"> {
  readonly direction: "above" | "below";
}

/** The whole, and each database or role whose override is switched on. */
function partsToCheck(
  row: MonitoringAlertThresholdsRow,
  overrides: readonly MonitoringAlertOverridesRow[],
  database: string,
): readonly Part[] {
  const { direction } = row;
  const whole: Part = { ...row, scope: "", scopeName: "" };
  const own = overrides
    .filter(({ enabled }) => enabled)
    .map((one): Part => ({ ...one, ...scopedOf(one), direction }));
  // What is counted for the database alone is that of its override.
  const isReplaced =
    countedHere.has(row.metric_name) &&
    overrides.some(({ scope, scope_name: name }) => scope === "database" && name === database);
  return isReplaced ? own : [whole, ...own];
}

const countedHere: ReadonlySet<string> = new Set(["cache_hit_ratio", "deadlock_count_per_hour"]);

function scopedOf({ scope, scope_name: scopeName }: MonitoringAlertOverridesRow): Scoped {
  return { scope, scopeName };
}

function keyOf({ metric_name: metric, scope, scope_name: name }: ThresholdKey): string {
  return JSON.stringify([metric, scope, name]);
}

interface ThresholdKey {
  readonly metric_name: string;
  readonly scope: string;
  readonly scope_name: string;
}

const notLookedAt = {
  level: "error",
  value: null,
  reason: `more than ${mostOverrides} databases and roles have thresholds of their own: remove some`,
  absence: null,
} as const;

function knownOf(metric: string, part: Part) {
  const { scope, scopeName, direction, warning_threshold: warning, critical_threshold: critical } = part;
  return { metric, scope, scopeName, warning, critical, direction };
}

async function checked(
  metric: string,
  part: Part,
  measuring: Measuring,
  isOver: () => boolean,
): Promise<ThresholdCheck> {
  const known = knownOf(metric, part);
  if (isOver())
    return { ...known, level: "error", value: null, reason: "there was no time left for it", absence: null };
  try {
    const measured = await measure(metric, part, measuring);
    return "value" in measured
      ? {
          ...known,
          level: alertLevel(measured.value, part),
          value: measured.value,
          reason: null,
          absence: null,
        }
      : {
          ...known,
          level: "no data",
          value: null,
          reason: measured.noData,
          absence: measured.absence ?? "hidden",
        };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ...known, level: "error", value: null, reason: reason.slice(0, 500), absence: null };
  }
}
