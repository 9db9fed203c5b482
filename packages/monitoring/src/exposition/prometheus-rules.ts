import { fixedRules } from "./rules/fixed-rules.ts";
import type { Rule, RuleThreshold } from "./rules/rule.ts";
import { thresholdRules } from "./rules/threshold-rules.ts";

/** A file of rules as Prometheus reads it, in YAML or JSON. */
export interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly PrometheusRule[] }[];
}

/** An alert as Prometheus reads it. */
export interface PrometheusRule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

/** Alerts for Prometheus: those of the thresholds, as `listThresholds` gives them, and those that need none. */
export function prometheusRules(thresholds: readonly RuleThreshold[]): RuleFile {
  return {
    groups: [
      { name: "mister-smith-thresholds", rules: thresholdRules(thresholds).map(written) },
      { name: "mister-smith", rules: fixedRules.map(written) },
    ],
  };
}

function written({ alert, expr, forMinutes, severity, summary, remedy }: Rule): PrometheusRule {
  return {
    alert,
    expr,
    for: `${forMinutes}m`,
    labels: { severity },
    annotations: { summary: `${summary}: {{ $value | humanize }}`, description: remedy },
  };
}
