import type { Metric, Sample } from "../metrics/metric.ts";
import type { CollectedRow, Collector } from "./collector.ts";

/** What an answer gave. */
export interface Collected {
  readonly samples: readonly Sample[];
  /** The metrics that a row had no value for. */
  readonly hidden: readonly Metric[];
}

/**
 * The samples of an answer. A value that is NULL gives none: it is hidden, which is not 0.
 *
 * @throws TypeError for a column that is missing, or holds no number where one belongs
 */
export function samplesOf({ name, metrics }: Collector, rows: readonly CollectedRow[]): Collected {
  const samples: Sample[] = [];
  const hidden = new Set<Metric>();
  for (const row of rows) {
    for (const [column, metric] of Object.entries(metrics)) {
      const given = row[column];
      if (given === undefined) throw new TypeError(`the answer to ${name} has no column ${column}`);
      if (given === null) {
        hidden.add(metric);
        continue;
      }
      const value = Number(given);
      if (Number.isNaN(value) && given !== "NaN")
        throw new TypeError(`the answer to ${name} has ${JSON.stringify(given)} as ${column}`);
      samples.push({ metric, labels: labelsOf(metric, row, name), value });
    }
  }
  return { samples, hidden: [...hidden] };
}

function labelsOf({ labels }: Metric, row: CollectedRow, collector: string): Record<string, string> {
  const given: Record<string, string> = {};
  for (const label of labels) {
    const value = row[label];
    if (value === undefined) throw new TypeError(`the answer to ${collector} has no column ${label}`);
    given[label] = value === null ? "" : String(value);
  }
  return given;
}
