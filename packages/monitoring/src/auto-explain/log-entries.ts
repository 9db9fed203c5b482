import { z } from "zod";

/** What the server wrote to its log at once. */
export interface LogEntry {
  /** Several lines; in a log of plain text with whatever `log_line_prefix` puts before it. */
  readonly message: string;
  /** The statement's queryid; null where the log does not say. */
  readonly queryId: string | null;
}

/** Lines of one entry beyond these are left out. */
const mostLines = 100_000;

const jsonEntry = z.looseObject({
  message: z.string(),
  query_id: z.union([z.number(), z.string()]).optional(),
});

/**
 * The entries of a log of PostgreSQL, be it plain text (`stderr`), where lines that go on begin with a tab, or `jsonlog`, where
 * each line is an object. Both may stand in one file.
 */
export async function* logEntries(lines: AsyncIterable<string>): AsyncGenerator<LogEntry> {
  let open: string[] = [];
  const whole = (): readonly LogEntry[] =>
    open.length === 0 ? [] : [{ message: open.join("\n"), queryId: null }];
  for await (const line of lines) {
    const entry = line.startsWith("{") ? entryOf(line) : null;
    if (entry === null && line.startsWith("\t")) {
      if (open.length < mostLines) open.push(line.slice(1));
      continue;
    }
    yield* whole();
    open = entry === null ? [line] : [];
    if (entry !== null) yield entry;
  }
  yield* whole();
}

function entryOf(line: string): LogEntry | null {
  try {
    // A queryid has more digits than a number of JavaScript can hold.
    const exact = line.replace(/"query_id":(-?\d+)/, '"query_id":"$1"');
    const { message, query_id: id } = jsonEntry.parse(JSON.parse(exact));
    return { message, queryId: id === undefined || String(id) === "0" ? null : String(id) };
  } catch {
    return null;
  }
}
