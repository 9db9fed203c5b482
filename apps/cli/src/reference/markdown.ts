/** Stands on top of every generated page. */
export const generatedNotice =
  "<!-- Written by apps/cli/src/reference/write.ts from the commands. Do not edit. -->";

/** A Markdown table; empty text when there are no rows. */
export function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(titles), line(titles.map(() => "---")), ...rows.map(line)].join("\n");
}
