import type { Colours } from "./colours.ts";

/** A titled part of what is shown, after an empty line; nothing when it has no lines. */
export function section(title: string, lines: readonly string[], colours: Colours): string[] {
  return lines.length === 0 ? [] : ["", colours.bold(title), ...lines.map((line) => `  ${line}`)];
}
