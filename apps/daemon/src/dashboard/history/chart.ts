/** What the values of a chart are. */
export type Unit = "seconds" | "bytes" | "bytes per second" | "per second" | "count" | "percent";

/** How the values of a series come from what `/metrics` shows. */
export type Reading =
  /** A value now; of several series of the metric their sum, or the largest. */
  | {
      readonly kind: "value";
      readonly metric: string;
      readonly where?: Readonly<Record<string, string>>;
      readonly of: "sum" | "largest";
      /** Where this one is shown and the metric is not, there is nothing of it: 0, and not unknown. */
      readonly orNoneWith?: string;
    }
  /** By how much a counter grows in a second. */
  | { readonly kind: "rate"; readonly metric: string }
  /** What share one counter has of what two grow by, in percent. */
  | { readonly kind: "share"; readonly metric: string; readonly other: string };

/** One line of a chart. */
export interface ChartSeries {
  readonly label: string;
  readonly reading: Reading;
  /** A limit is drawn as such, and not as what happens. */
  readonly isLimit?: boolean;
}

/** A chart of the page. */
export interface Chart {
  readonly id: string;
  readonly title: string;
  /** What it shows, in one sentence. */
  readonly about: string;
  readonly unit: Unit;
  readonly series: readonly ChartSeries[];
}
