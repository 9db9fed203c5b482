/** Stands on top of every generated page. */
export const generatedNotice =
  "<!-- Written by apps/cli/src/reference/write.ts from the commands. Do not edit. -->";

/** A Markdown table, its columns aligned as the formatter wants them; empty text when there are no rows. */
export function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const cells = [titles, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = titles.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  return [line(cells[0] ?? []), rule, ...cells.slice(1).map(line)].join("\n");
}

/** The blocks of a page, an empty line between them, one line end at the end. */
export function page(blocks: readonly string[]): string {
  return `${blocks.join("\n\n")}\n`;
}
