import type { Colours } from "./colours.ts";
import { table } from "./table.ts";

/** A row of a table with what does not fit beside it. */
export interface StackedRow {
  readonly cells: readonly string[];
  /** Stands below the row, indented; nothing when empty. */
  readonly below: string;
}

/** A table whose rows have a second line, so that whole ids fit a terminal's width. */
export function stackedTable(
  titles: readonly string[],
  rows: readonly StackedRow[],
  colours: Colours,
): string[] {
  const [header = "", ...lines] = table(
    titles,
    rows.map(({ cells }) => cells),
    colours,
  );
  const stacked = rows.flatMap(({ below }, at) => [
    lines[at] ?? "",
    ...(below === "" ? [] : [`  ${colours.dim(below)}`]),
  ]);
  return [header, ...stacked];
}
