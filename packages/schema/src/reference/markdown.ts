/** Text as code; a cell of a table cannot hold a bar, nor code a backtick. */
export function code(text: string): string {
  return `\`${text.replaceAll("`", "'")}\``;
}

/** One line of a table. */
export function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ")).join(" | ")} |`;
}

/** A table; nothing at all when it has no rows. */
export function table(head: readonly string[], rows: readonly string[]): string {
  return rows.length === 0 ? "" : [row(...head), row(...head.map(() => "---")), ...rows].join("\n");
}
