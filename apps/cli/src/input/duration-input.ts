import { z } from "zod";

const unitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const written = /^(\d{1,9})(ms|s|m|h|d|w)$/;
const allowed = "expected a duration such as 90s, 10m, 2h, 30d or 4w, up to 36500d";
const longestMs = 36_500 * unitsMs.d;

/** Milliseconds of a duration as people write it: `90s`, `10m`, `2h`, `30d`; undefined when it is none. */
export function durationMs(text: string): number | undefined {
  const [, number, unit] = written.exec(text) ?? [];
  if (number === undefined || unit === undefined) return undefined;
  const ms = Number(number) * unitMs(unit);
  return ms > longestMs ? undefined : ms;
}

/** A duration as people write it, in milliseconds. */
export const durationInput = z.string().transform((text, context) => {
  const ms = durationMs(text);
  if (ms !== undefined) return ms;
  context.issues.push({ code: "custom", message: allowed, input: text });
  return z.NEVER;
});

function unitMs(unit: string): number {
  return Object.entries(unitsMs).find(([name]) => name === unit)?.[1] ?? 1;
}
