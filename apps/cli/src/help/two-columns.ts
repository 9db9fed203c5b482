const width = 100;

/** Lines of two aligned, indented columns; the right one wraps under itself. */
export function twoColumns(rows: readonly (readonly [left: string, right: string])[]): string[] {
  const leftWidth = Math.max(0, ...rows.map(([left]) => left.length)) + 2;
  return rows.flatMap(([left, right]) => {
    const [first = "", ...more] = wrap(right, width - leftWidth - 2);
    return [`  ${left.padEnd(leftWidth)}${first}`, ...more.map((line) => " ".repeat(leftWidth + 2) + line)];
  });
}

/** The text in lines of at most so many characters, broken between words. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" ? lines : [...lines, line];
}
