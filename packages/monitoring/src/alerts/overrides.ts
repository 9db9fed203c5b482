import { ClientError, type Queryable, sql } from "@mister-smith/client";
import { type MonitoringAlertOverridesRow, monitoringAlertOverridesRow } from "@mister-smith/schema";
import { z } from "zod";
import { type Scope, scopesOf } from "../scopes/scope.ts";
import { refuseUnreachable, thresholdOf } from "./thresholds.ts";

const override = sql.type(monitoringAlertOverridesRow);
const noRow = sql.type(z.object({}));
const count = sql.type(z.object({ count: z.int() }));
/** So many databases and roles may have thresholds of their own: each is a question or two. */
export const mostOverrides = 200;

const overrideInput = z.strictObject({
  /** From which value on it is a warning; null for never. */
  warning: z.number().nullable().optional(),
  /** From which value on it is critical; null for never. */
  critical: z.number().nullable().optional(),
  /** Whether it is an alert at all; what is switched off is not held against the thresholds of all either. */
  enabled: z.boolean().optional(),
});

/** What is to be changed of the thresholds of one database or role; what is left out stays, at first that of all. */
export type OverrideChange = z.input<typeof overrideInput>;

/** Whose thresholds they are. */
export interface OverrideKey {
  readonly metric: string;
  readonly scope: Scope;
  /** The name of the database or role, of at most 63 characters. */
  readonly scopeName: string;
}

/** All databases and roles that have thresholds of their own. */
export async function listOverrides(on: Queryable): Promise<readonly MonitoringAlertOverridesRow[]> {
  return await on.any(
    override`SELECT o.* FROM monitoring.alert_overrides AS o ORDER BY o.metric_name, o.scope, o.scope_name`,
  );
}

/**
 * Gives one database or role thresholds of its own for a metric, or changes them, from the next look on.
 *
 * @throws ClientError `NOT_FOUND` for a metric that has no threshold; `INVALID_INPUT` where the metric has no value of that
 *   scope, for values that cannot be, and where 200 have thresholds of their own already
 */
export async function changeOverride(
  on: Queryable,
  { metric, scope, scopeName }: OverrideKey,
  change: OverrideChange,
): Promise<MonitoringAlertOverridesRow> {
  const whole = await thresholdOf(on, metric);
  refuseScope(metric, scope, scopeName);
  const { warning, critical, enabled } = overrideInput.parse(change);
  const before = await on.maybeOne(override`
    SELECT o.* FROM monitoring.alert_overrides AS o
    WHERE o.metric_name = ${metric} AND o.scope = ${scope} AND o.scope_name = ${scopeName}`);
  const { warning_threshold: warned, critical_threshold: alerted } = before ?? whole;
  const next = {
    warning: warning === undefined ? warned : warning,
    critical: critical === undefined ? alerted : critical,
  };
  refuseUnreachable(metric, next, whole.direction);
  if (before === null) await refuseMore(on, metric);
  return await on.one(override`
    INSERT INTO monitoring.alert_overrides AS o (
      metric_name, scope, scope_name, warning_threshold, critical_threshold, enabled
    ) VALUES (
      ${metric}, ${scope}, ${scopeName}, ${next.warning}::NUMERIC, ${next.critical}::NUMERIC,
      ${enabled ?? before?.enabled ?? true}::BOOLEAN
    )
    ON CONFLICT (metric_name, scope, scope_name) DO UPDATE SET
      warning_threshold = EXCLUDED.warning_threshold, critical_threshold = EXCLUDED.critical_threshold,
      enabled = EXCLUDED.enabled
    RETURNING o.*`);
}

/** Has a database or role held against the thresholds of all again; whether it had its own. */
export async function removeOverride(
  on: Queryable,
  { metric, scope, scopeName }: OverrideKey,
): Promise<boolean> {
  const { rowCount } = await on.query(noRow`
    DELETE FROM monitoring.alert_overrides AS o
    WHERE o.metric_name = ${metric} AND o.scope = ${scope} AND o.scope_name = ${scopeName}`);
  return rowCount > 0;
}

async function refuseMore(on: Queryable, metric: string): Promise<void> {
  const there = await on.oneFirst(
    count`SELECT pg_catalog.count(*)::INTEGER AS count FROM monitoring.alert_overrides`,
  );
  if (there < mostOverrides) return;
  throw new ClientError(
    "INVALID_INPUT",
    `${there} databases and roles have thresholds of their own already`,
    {
      hint: `There may be ${mostOverrides}: remove one that is needed no more.`,
      details: { metric },
    },
  );
}

function refuseScope(metric: string, scope: Scope, scopeName: string): void {
  const scopes = scopesOf[metric] ?? [];
  if (!scopes.includes(scope))
    throw new ClientError("INVALID_INPUT", `${metric} has no value of one ${scope}`, {
      hint:
        scopes.length === 0
          ? "Only all of it can have thresholds."
          : `It can have thresholds by ${scopes.join(" and by ")}.`,
      details: { metric, scope },
    });
  if (scopeName.length === 0 || scopeName.length > 63)
    throw new ClientError("INVALID_INPUT", `${JSON.stringify(scopeName)} is no name of a ${scope}`, {
      hint: "Names have 1 to 63 characters.",
      details: { metric, scope },
    });
}
