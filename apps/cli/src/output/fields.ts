import type { Colours } from "./colours.ts";

/** Names and values of one thing below each other; what has no value is left out. */
export function fields(rows: readonly (readonly [string, string | null])[], colours: Colours): string[] {
  const given = rows.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
  const width = Math.max(0, ...given.map(([name]) => name.length));
  return given.map(([name, value]) => `${colours.bold(name.padEnd(width))}  ${value}`);
}
