/** A line longer than this is cut there, in characters: no log of one statement is longer. */
const longestLine = 4_194_304;

/** The lines of a text that comes in pieces, without their ends; none grows without end. */
export async function* boundedLines(
  chunks: AsyncIterable<string>,
  limit: number = longestLine,
): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of chunks) {
    const lines = `${rest}${chunk}`.split("\n");
    rest = (lines.pop() ?? "").slice(0, limit);
    for (const line of lines) yield line.replace(/\r$/, "").slice(0, limit);
  }
  if (rest !== "") yield rest;
}
