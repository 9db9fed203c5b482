import { z } from "zod";
import { charts } from "../history/charts.ts";
import { keptMs, type Recorder } from "../history/recorder.ts";

/** The document `history`: the charts of the page, and their values over time. */
export const historyDocument = z.strictObject({
  at: z.iso.datetime(),
  /** The pause between two values, in seconds. */
  stepSeconds: z.number(),
  /** In seconds since 1970, rising. */
  times: z.array(z.number()),
  charts: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      about: z.string(),
      unit: z.enum(["seconds", "bytes", "bytes per second", "per second", "count", "percent"]),
      series: z.array(
        z.strictObject({
          label: z.string(),
          metrics: z.array(z.string()),
          isLimit: z.boolean(),
          /** One for each time; null where nothing was known. */
          values: z.array(z.number().nullable()),
        }),
      ),
    }),
  ),
});

/** What the document `history` says. */
export type HistoryDocument = z.output<typeof historyDocument>;

const asked = z.object({
  /** Over the last so many minutes. */
  minutes: z.coerce
    .number()
    .min(1)
    .max(keptMs / 60_000)
    .catch(60),
  /** Only what is newer than that, in seconds since 1970. */
  after: z.coerce.number().min(0).catch(0),
});

/** Makes the document `history`. */
export function historyOf(recorder: Recorder, query: URLSearchParams): HistoryDocument {
  const { minutes, after } = asked.parse(Object.fromEntries(query));
  const { times, values, stepMs } = recorder.rows(minutes * 60_000, after * 1_000);
  let index = 0;
  return historyDocument.parse({
    at: new Date().toISOString(),
    stepSeconds: stepMs / 1_000,
    times,
    charts: charts.map(({ series, ...chart }) => ({
      ...chart,
      series: series.map(({ label, reading, isLimit = false }) => ({
        label,
        isLimit,
        metrics: reading.kind === "share" ? [reading.metric, reading.other] : [reading.metric],
        values: values[index++] ?? [],
      })),
    })),
  });
}
