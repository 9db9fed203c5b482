import { z } from "zod";
import { durationMs } from "./duration-input.ts";

const allowed =
  "expected a time such as 2026-11-23T02:30:00Z, a day such as 2026-11-23 (both UTC), or how long ago, such as 2h";
const time = z.iso.datetime({ offset: true, local: true });
const day = z.iso.date();

/** A point in time: written out, UTC unless it says otherwise, or so long ago by this machine's clock. */
export const momentInput = z.string().transform((text, context) => {
  const agoMs = durationMs(text);
  if (agoMs !== undefined) return new Date(Date.now() - agoMs);
  if (day.safeParse(text).success) return new Date(`${text}T00:00:00Z`);
  if (time.safeParse(text).success) return new Date(/(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`);
  context.issues.push({ code: "custom", message: allowed, input: text });
  return z.NEVER;
});
