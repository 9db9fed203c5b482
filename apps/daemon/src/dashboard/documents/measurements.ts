import { z } from "zod";
import type { Exposition } from "../history/exposition.ts";
import type { OverviewDocument } from "./overview-document.ts";

/** The document `measurements`: every metric that `/metrics` shows, with its help, as it is now. */
export const measurementsDocument = z.strictObject({
  at: z.iso.datetime(),
  by: z.enum(["this smithd", "this page", "nobody"]),
  metrics: z.array(
    z.strictObject({
      name: z.string(),
      type: z.string(),
      help: z.string(),
      samples: z.array(z.strictObject({ labels: z.string(), value: z.number() })),
      /** How many more series it has, which are not told. */
      more: z.int(),
    }),
  ),
});

/** What the document `measurements` says. */
export type MeasurementsDocument = z.output<typeof measurementsDocument>;

const shownSeries = 100;

/** Makes the document `measurements`. */
export function measurementsOf(shown: Exposition, by: OverviewDocument["measuredBy"]): MeasurementsDocument {
  return measurementsDocument.parse({
    at: new Date().toISOString(),
    by,
    metrics: [...shown.values()].map(({ name, type, help, samples }) => ({
      name,
      type,
      help,
      samples: samples
        .filter(({ value }) => Number.isFinite(value))
        .slice(0, shownSeries)
        .map(({ labels, value }) => ({ labels: labelText(labels), value })),
      more: Math.max(0, samples.length - shownSeries),
    })),
  });
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}
