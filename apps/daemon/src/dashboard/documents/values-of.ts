import type { Exposition } from "../history/exposition.ts";

/** The sum of the series of a metric; undefined where none is shown. */
export function sumOf(shown: Exposition, name: string): number | undefined {
  const samples = shown.get(name)?.samples;
  return samples?.reduce((all, { value }) => all + value, 0);
}

/** The largest of the series of a metric; undefined where none is shown. */
export function largestOf(shown: Exposition, name: string): number | undefined {
  const samples = shown.get(name)?.samples;
  return samples === undefined ? undefined : Math.max(...samples.map(({ value }) => value));
}
