import type { Metric, Sample } from "../metrics/metric.ts";
import type { Asked, CollectedRow } from "./collector.ts";

/** What an answer gave. */
export interface Collected {
  readonly samples: readonly Sample[];
  /** The metrics that a row had no value for. */
  readonly hidden: readonly Metric[];
}

/**
 * The samples of an answer. A value that is NULL gives none: it is hidden, which is not 0, or there is none.
 *
 * @throws TypeError for a column that is missing, or holds no number where one belongs
 */
export function samplesOf(asked: Asked, rows: readonly CollectedRow[]): Collected {
  const { name, metrics, sparse = [], hides = () => false } = asked;
  const samples: Sample[] = [];
  const hidden = new Set<Metric>(rows.some(hides) ? Object.values(metrics) : []);
  for (const row of rows) {
    for (const [column, metric] of Object.entries(metrics)) {
      const value = valueIn(row, column, name);
      if (value !== null) samples.push({ metric, labels: labelsOf(metric, row, name), value });
      else if (!sparse.includes(column)) hidden.add(metric);
    }
  }
  return { samples, hidden: [...hidden] };
}

function valueIn(row: CollectedRow, column: string, asked: string): number | null {
  const given = row[column];
  if (given === undefined) throw new TypeError(`the answer to ${asked} has no column ${column}`);
  if (given === null) return null;
  const value = Number(given);
  if (Number.isNaN(value) && given !== "NaN")
    throw new TypeError(`the answer to ${asked} has ${JSON.stringify(given)} as ${column}`);
  return value;
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
