import { z } from "zod";
import { durationMs } from "../input/duration-input.ts";

const allowed = "expected how many in which time, such as 100/1m, or none";

/** How often tasks of a type may start: `100/1m`; null for `none`. */
export const rateInput = z.string().transform((text, context) => {
  if (text === "none") return null;
  const [, number = "", period = ""] = /^(\d{1,7})\/(.+)$/.exec(text) ?? [];
  const limit = Number(number);
  const periodMs = durationMs(period) ?? 0;
  if (limit >= 1 && limit <= 1_000_000 && periodMs >= 1 && periodMs <= 31_536_000_000)
    return { limit, periodMs };
  context.issues.push({ code: "custom", message: allowed, input: text });
  return z.NEVER;
});
