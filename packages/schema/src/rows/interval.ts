import { z } from "zod";

const dayMs = 86_400_000;

// As EXTRACT(epoch FROM ...) counts: a month has 30 days, a year 365.25.
const unitsMs = {
  years: 365.25 * dayMs,
  months: 30 * dayMs,
  days: dayMs,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1000,
} as const;

const parts = z
  .object({
    years: z.number(),
    months: z.number(),
    days: z.number(),
    hours: z.number(),
    minutes: z.number(),
    seconds: z.number(),
    milliseconds: z.number(),
  })
  .partial();

const clock = /^(-?)(\d+):(\d\d):(\d\d(?:\.\d+)?)$/;
const calendar = /(-?\d+) (year|mon|day)s?/g;
const wholeText = /^(?:-?\d+ (?:year|mon|day)s? ?)*(?:-?\d+:\d\d:\d\d(?:\.\d+)?)?$/;

/**
 * An INTERVAL as milliseconds; a month counts as 30 days and a year as 365.25, as the server counts them.
 *
 * Takes what drivers make of it: an object of its parts (pg), seconds (Slonik), or the server's text.
 */
export const interval = z.union([
  z.number().transform((seconds) => seconds * 1000),
  z.string().min(1).regex(wholeText).transform(fromText),
  parts.transform(fromParts),
]);

function fromParts(value: z.output<typeof parts>): number {
  return (
    (value.years ?? 0) * unitsMs.years +
    (value.months ?? 0) * unitsMs.months +
    (value.days ?? 0) * unitsMs.days +
    (value.hours ?? 0) * unitsMs.hours +
    (value.minutes ?? 0) * unitsMs.minutes +
    (value.seconds ?? 0) * unitsMs.seconds +
    (value.milliseconds ?? 0)
  );
}

function fromText(text: string): number {
  const days = [...text.matchAll(calendar)].reduce((sum, [, amount, unit]) => {
    const unitMs = unit === "year" ? unitsMs.years : unit === "mon" ? unitsMs.months : unitsMs.days;
    return sum + Number(amount) * unitMs;
  }, 0);
  const time = clock.exec(text.split(" ").at(-1) ?? "");
  if (time === null) return days;
  const [, sign, hours, minutes, seconds] = time;
  const ms =
    Number(hours) * unitsMs.hours + Number(minutes) * unitsMs.minutes + Number(seconds) * unitsMs.seconds;
  return sign === "-" ? days - ms : days + ms;
}
