import { ClientError, type Queryable, sql } from "@mister-smith/client";
import { type MonitoringAlertThresholdsRow, monitoringAlertThresholdsRow } from "@mister-smith/schema";
import { z } from "zod";

const threshold = sql.type(monitoringAlertThresholdsRow);

const changeInput = z.strictObject({
  /** From which value on it is a warning; null for never. */
  warning: z.number().nullable().optional(),
  /** From which value on it is critical; null for never. */
  critical: z.number().nullable().optional(),
  /** How often it is looked at, in milliseconds. */
  checkIntervalMs: z.int().min(1).max(31_536_000_000).optional(),
  /** For how long a value must be past a threshold before it is an alert, and on this side before it is over, in milliseconds. */
  holdForMs: z.int().min(0).max(31_536_000_000).optional(),
  enabled: z.boolean().optional(),
  /** The names of the channels that are told; none for all. */
  channels: z
    .array(z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, "names of channels: a to z, 0 to 9, _ and -"))
    .max(100)
    .optional(),
});

/** What is to be changed of a threshold; what is left out stays. */
export type ThresholdChange = z.input<typeof changeInput>;

/** All thresholds, by their metrics' names. */
export async function listThresholds(on: Queryable): Promise<readonly MonitoringAlertThresholdsRow[]> {
  return await on.any(threshold`SELECT t.* FROM monitoring.alert_thresholds AS t ORDER BY t.metric_name`);
}

/**
 * Changes the threshold of a metric, from the next look on; returns it as it is then.
 *
 * @throws ClientError `NOT_FOUND` for a metric that has none; `INVALID_INPUT` for values that cannot be, such as a warning
 *   that would come after the critical alert
 */
export async function changeThreshold(
  on: Queryable,
  metric: string,
  change: ThresholdChange,
): Promise<MonitoringAlertThresholdsRow> {
  const parsed = changeInput.safeParse(change);
  if (!parsed.success)
    throw new ClientError(
      "INVALID_INPUT",
      `the threshold of ${metric}: ${parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ")}`,
      { hint: "Give numbers, and times in milliseconds of a year at most." },
    );
  const { warning, critical, checkIntervalMs, holdForMs, enabled, channels } = parsed.data;
  const before = await thresholdOf(on, metric);
  const next = {
    warning: warning === undefined ? before.warning_threshold : warning,
    critical: critical === undefined ? before.critical_threshold : critical,
  };
  refuseUnreachable(metric, next, before.direction);
  return await on.one(threshold`
    UPDATE monitoring.alert_thresholds AS t SET
      warning_threshold = ${next.warning}::NUMERIC, critical_threshold = ${next.critical}::NUMERIC,
      check_interval = COALESCE(${checkIntervalMs ?? null}::FLOAT8 * INTERVAL '1 millisecond', t.check_interval),
      hold_for = COALESCE(${holdForMs ?? null}::FLOAT8 * INTERVAL '1 millisecond', t.hold_for),
      enabled = COALESCE(${enabled ?? null}::BOOLEAN, t.enabled),
      notification_channels = ${sql.array([...(channels ?? before.notification_channels)], "text")}
    WHERE t.metric_name = ${metric}
    RETURNING t.*`);
}

/**
 * The threshold of a metric.
 *
 * @throws ClientError `NOT_FOUND` for a metric that has none
 */
export async function thresholdOf(on: Queryable, metric: string): Promise<MonitoringAlertThresholdsRow> {
  const row = await on.maybeOne(
    threshold`SELECT t.* FROM monitoring.alert_thresholds AS t WHERE t.metric_name = ${metric}`,
  );
  if (row !== null) return row;
  throw new ClientError("NOT_FOUND", `there is no threshold of ${metric}`, {
    hint: "`listThresholds` lists those that there are.",
    details: { metric },
  });
}

/** Refuses a warning that would come after the critical alert, as a ClientError `INVALID_INPUT`. */
export function refuseUnreachable(
  metric: string,
  { warning, critical }: { warning: number | null; critical: number | null },
  direction: "above" | "below",
): void {
  if (warning === null || critical === null) return;
  if (direction === "below" ? warning >= critical : warning <= critical) return;
  throw new ClientError(
    "INVALID_INPUT",
    `a warning of ${metric} at ${warning} would come after the critical alert at ${critical}`,
    {
      hint: `Values ${direction} a threshold are the bad ones: give both, or another one.`,
      details: { metric },
    },
  );
}
