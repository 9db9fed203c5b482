import { allCollectors } from "@mister-smith/monitoring";
import type { ChartSeries, Reading } from "./chart.ts";
import type { Exposition, ShownSample } from "./exposition.ts";

/** A look at the metrics. */
export interface Look {
  /** When, in milliseconds of a clock that only goes forward. */
  readonly atMs: number;
  readonly shown: Exposition;
}

/** When each collector was last answered. */
const answers = "smith_monitor_collector_last_answer_timestamp_seconds";
/** Which collector measures what is not the daemon's own. */
const collectorOf: ReadonlyMap<string, string> = new Map(
  allCollectors.flatMap(({ name, metrics }) => Object.values(metrics).map((metric) => [metric.name, name])),
);

/**
 * The values of series by a look and the one before it; null for what is not known.
 *
 * @param last what the look before came to: what was not measured again since then is as it was
 */
export function readSeries(
  series: readonly ChartSeries[],
  now: Look,
  before: Look | undefined,
  last: readonly (number | null)[] = [],
): readonly (number | null)[] {
  return series.map(({ reading }, index) => {
    if (reading.kind === "value") return valueNow(reading, now.shown);
    if (before === undefined) return null;
    const seconds = secondsBetween(reading.metric, before, now);
    if (seconds === 0) return last[index] ?? null;
    return seconds < 0 ? null : growing(reading, now, before, seconds);
  });
}

function growing(
  reading: Exclude<Reading, { kind: "value" }>,
  now: Look,
  before: Look,
  seconds: number,
): number | null {
  switch (reading.kind) {
    case "rate": {
      const grown = growth(reading.metric, now, before);
      return grown === null ? null : grown / seconds;
    }
    case "share": {
      const hit = growth(reading.metric, now, before);
      const missed = growth(reading.other, now, before);
      if (hit === null || missed === null || hit + missed === 0) return null;
      return (hit * 100) / (hit + missed);
    }
  }
}

function valueNow(reading: Extract<Reading, { kind: "value" }>, shown: Exposition): number | null {
  const where = Object.entries(reading.where ?? {});
  const isMeant = ({ labels }: ShownSample) => where.every(([name, value]) => labels[name] === value);
  const values = (shown.get(reading.metric)?.samples ?? []).filter(isMeant).map(({ value }) => value);
  if (values.length === 0)
    return reading.orNoneWith !== undefined && shown.has(reading.orNoneWith) ? 0 : null;
  return reading.of === "sum" ? sum(values) : Math.max(...values);
}

// A counter that is smaller than before began anew.
function growth(metric: string, now: Look, before: Look): number | null {
  const after = now.shown.get(metric)?.samples;
  const earlier = before.shown.get(metric)?.samples;
  if (after === undefined || earlier === undefined) return null;
  const total = (samples: readonly ShownSample[]) => sum(samples.map(({ value }) => value));
  const grown = total(after) - total(earlier);
  return grown >= 0 ? grown : null;
}

// What a collector counts grew between its answers, and those come when they come.
function secondsBetween(metric: string, before: Look, now: Look): number {
  const collector = collectorOf.get(metric);
  if (collector === undefined) return (now.atMs - before.atMs) / 1_000;
  const answered = ({ shown }: Look) =>
    shown.get(answers)?.samples.find(({ labels }) => labels["collector"] === collector)?.value;
  const [from, to] = [answered(before), answered(now)];
  return from === undefined || to === undefined ? -1 : to - from;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0);
}
