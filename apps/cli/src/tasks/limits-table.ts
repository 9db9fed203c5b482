import type { TypeLimits } from "@mister-smith/client";
import type { Colours } from "../output/colours.ts";
import { durationText } from "../output/duration-text.ts";
import { shortText } from "../output/safe-text.ts";
import { table } from "../output/table.ts";

/** The limits of types below each other. */
export function limitsTable(limits: readonly TypeLimits[], colours: Colours): string[] {
  const rows = limits.map(({ taskType, maxRunning, rate, isPaused }) => [
    shortText(taskType, 50),
    maxRunning === null ? "any number" : String(maxRunning),
    rate === null ? "any number" : `${rate.limit} in ${durationText(rate.periodMs)}`,
    isPaused ? colours.yellow("paused") : "",
  ]);
  return table(["type", "at once", "may start", ""], rows, colours);
}
