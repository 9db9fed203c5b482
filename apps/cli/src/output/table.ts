import { stripVTControlCharacters } from "node:util";
import type { Colours } from "./colours.ts";

/** Lines of a table with aligned columns under their titles; the last column is not padded. */
export function table(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  colours: Colours,
): string[] {
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => visibleWidth(row[column] ?? ""))),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === cells.length - 1
          ? cell
          : cell + " ".repeat((widths[column] ?? 0) - visibleWidth(cell) + 2),
      )
      .join("")
      .trimEnd();
  return [colours.bold(line(titles)), ...rows.map(line)];
}

function visibleWidth(text: string): number {
  return stripVTControlCharacters(text).length;
}
