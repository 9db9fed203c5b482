import { charts } from "./charts.ts";
import type { Exposition } from "./exposition.ts";
import { type Look, readSeries } from "./read-series.ts";
import { Ring, type Rows } from "./ring.ts";

/** What the page remembers of what was measured. */
export interface Recorder {
  /** Adds what is shown now. */
  record(shown: Exposition): void;
  /** The values of all series of all charts, as they were recorded last. */
  latest(): readonly (number | null)[];
  /**
   * What was recorded over the last time, without what is not newer than `afterMs`.
   *
   * @param overMs for how long, in milliseconds; for longer than what is kept finely, in coarser steps
   * @param afterMs in milliseconds since 1970
   */
  rows(overMs: number, afterMs: number): Rows & { readonly stepMs: number };
}

const steps = 720;
const coarseStepMs = 30_000;
const finestStepMs = 5_000;

/** For how long what was measured is remembered, in milliseconds. */
export const keptMs = steps * coarseStepMs;

/**
 * Makes a recorder of the series of all charts: an hour or more in steps of the interval, six hours in steps of half a minute. It
 * takes about half a megabyte, from its beginning on.
 *
 * @param intervalMs how often `record` is called, in milliseconds
 */
export function createRecorder(intervalMs: number, now: () => number = Date.now): Recorder {
  const series = charts.flatMap((chart) => chart.series);
  const fineStepMs = Math.max(finestStepMs, intervalMs);
  const fine = new Ring({ series: series.length, steps, stepMs: fineStepMs });
  const coarse = new Ring({ series: series.length, steps, stepMs: Math.max(coarseStepMs, intervalMs) });
  let before: Look | undefined;
  let last: readonly (number | null)[] = [];
  return {
    record(shown) {
      const look = { atMs: performance.now(), shown };
      last = readSeries(series, look, before, last);
      before = look;
      fine.add(now(), last);
      coarse.add(now(), last);
    },
    latest: () => last,
    rows(overMs, afterMs) {
      const isFine = overMs <= steps * fineStepMs;
      const rows = (isFine ? fine : coarse).after(Math.max(afterMs, now() - overMs));
      return { ...rows, stepMs: isFine ? fineStepMs : Math.max(coarseStepMs, intervalMs) };
    },
  };
}
