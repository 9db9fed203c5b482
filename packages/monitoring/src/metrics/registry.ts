import { ownMetrics } from "../collect/memory.ts";
import { allCollectors } from "../collectors/all-collectors.ts";
import { jetStreamCollectors } from "../jetstream/jetstream-collectors.ts";
import { daemonMetrics } from "./daemon-metrics.ts";
import type { Metric } from "./metric.ts";

/** Metrics that belong together. */
export interface MetricGroup {
  readonly name: string;
  /** Who knows them. */
  readonly of: "PostgreSQL" | "JetStream" | "smithd" | "the monitor itself";
  readonly metrics: readonly Metric[];
}

/** Every metric there is, each once: what page, dashboard and rules are made of. */
export const metricGroups: readonly MetricGroup[] = [
  ...allCollectors.map(({ name, metrics }) => ({
    name,
    of: "PostgreSQL" as const,
    metrics: Object.values(metrics),
  })),
  ...jetStreamCollectors.map(({ name, metrics }) => ({
    name,
    of: "JetStream" as const,
    metrics: Object.values(metrics),
  })),
  { name: "smithd", of: "smithd", metrics: Object.values(daemonMetrics) },
  { name: "monitor", of: "the monitor itself", metrics: Object.values(ownMetrics) },
];

const byName = new Map(metricGroups.flatMap(({ metrics }) => metrics.map((metric) => [metric.name, metric])));

/**
 * The metric of that name.
 *
 * @throws TypeError when there is none, so that no rule or picture is of something that nobody measures
 */
export function metricNamed(name: string): Metric {
  const metric = byName.get(name);
  if (metric === undefined) throw new TypeError(`${name} is no metric that is measured`);
  return metric;
}
