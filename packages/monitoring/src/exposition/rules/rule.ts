import type { MonitoringAlertThresholdsRow } from "@mister-smith/schema";
import { metricNamed } from "../../metrics/registry.ts";

/** When somebody is to be told. */
export interface Rule {
  readonly alert: string;
  readonly expr: string;
  /** For how long it must be so. */
  readonly forMinutes: number;
  readonly severity: "warning" | "critical";
  /** What is so, in words that a value follows. */
  readonly summary: string;
  /** What to do, in a sentence. */
  readonly remedy: string;
}

/** Of a threshold, what makes a rule. */
export type RuleThreshold = Pick<
  MonitoringAlertThresholdsRow,
  "metric_name" | "warning_threshold" | "critical_threshold" | "direction"
>;

/**
 * An expression of Prometheus, in which `{name}` is a metric of ours.
 *
 * @throws TypeError for a metric that nobody measures
 */
export function promql(text: string): string {
  return text.replaceAll(/\{(smith_[a-z0-9_]+)\}/g, (_, name: string) => metricNamed(name).name);
}
