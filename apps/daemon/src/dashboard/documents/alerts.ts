import { alertHistory, listAlerts, listThresholds } from "@mister-smith/monitoring";
import { z } from "zod";
import type { AskDatabase } from "../ask-in-turn.ts";

const moment = z.iso.datetime();

/** The document `alerts`: how each metric stands to its thresholds, and what became of alerts. */
export const alertsDocument = z.strictObject({
  at: moment,
  alerts: z.array(
    z.strictObject({
      metric: z.string(),
      state: z.string(),
      severity: z.string().nullable(),
      value: z.number().nullable(),
      reason: z.string().nullable(),
      since: moment.nullable(),
      checkedAt: moment.nullable(),
      warning: z.number().nullable(),
      critical: z.number().nullable(),
      direction: z.enum(["above", "below"]),
    }),
  ),
  changes: z.array(
    z.strictObject({
      metric: z.string(),
      state: z.string(),
      severity: z.string().nullable(),
      value: z.number().nullable(),
      reason: z.string().nullable(),
      at: moment,
      toldAt: moment.nullable(),
    }),
  ),
});

/** What the document `alerts` says. */
export type AlertsDocument = z.output<typeof alertsDocument>;

const shownChanges = 100;

/**
 * Makes the document `alerts`.
 *
 * @throws what the database throws
 */
export async function alertsOf(ask: AskDatabase): Promise<AlertsDocument> {
  const [thresholds, alerts, changes] = await Promise.all([
    ask(listThresholds),
    ask(listAlerts),
    ask((on) => alertHistory(on, shownChanges)),
  ]);
  const byMetric = new Map(thresholds.map((one) => [one.metric_name, one]));
  const unseen = thresholds.filter(
    ({ enabled, metric_name: metric }) => enabled && !alerts.some((one) => one.metric_name === metric),
  );
  const limits = (metric: string) => {
    const threshold = byMetric.get(metric);
    return {
      warning: numberOf(threshold?.warning_threshold),
      critical: numberOf(threshold?.critical_threshold),
      direction: threshold?.direction ?? "above",
    };
  };
  return alertsDocument.parse({
    at: new Date().toISOString(),
    alerts: [
      ...alerts.map(
        ({ metric_name: metric, state, severity, value, reason, since, checked_at: checkedAt }) => ({
          metric,
          state,
          severity,
          value: numberOf(value),
          reason,
          since: since.toISOString(),
          checkedAt: checkedAt.toISOString(),
          ...limits(metric),
        }),
      ),
      ...unseen.map(({ metric_name: metric }) => ({
        metric,
        state: "not looked at yet",
        severity: null,
        value: null,
        reason: null,
        since: null,
        checkedAt: null,
        ...limits(metric),
      })),
    ],
    changes: changes.map(
      ({ metric_name: metric, state, severity, value, reason, changed_at: at, told_at: toldAt }) => ({
        metric,
        state,
        severity,
        value: numberOf(value),
        reason,
        at: at.toISOString(),
        toldAt: toldAt?.toISOString() ?? null,
      }),
    ),
  });
}

function numberOf(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}
