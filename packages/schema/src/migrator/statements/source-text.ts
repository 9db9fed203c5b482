/** A place in a file, for people: both count from 1. */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
}

/** A file's text that can be cut by the parser's offsets, which count UTF-8 bytes. */
export class SourceText {
  readonly #text: string;
  readonly #bytes: Buffer | undefined;

  constructor(text: string) {
    this.#text = text;
    const bytes = Buffer.from(text, "utf8");
    // With ASCII alone, bytes and characters have the same offsets, and cutting strings is cheaper.
    this.#bytes = bytes.length === text.length ? undefined : bytes;
  }

  /** The text between two byte offsets. */
  slice(fromBytes: number, toBytes?: number): string {
    if (this.#bytes === undefined) return this.#text.slice(fromBytes, toBytes);
    return this.#bytes.subarray(fromBytes, toBytes).toString("utf8");
  }

  /** The line of a byte offset, from 1. */
  lineAt(offsetBytes: number): number {
    return this.slice(0, offsetBytes).split("\n").length;
  }
}

/** The position after `count` characters (Unicode code points, as PostgreSQL counts them) of a text. */
export function positionAfter(text: string, count: number): SourcePosition {
  const before = takeCodePoints(text, count);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: [...before.slice(lineStart)].length + 1 };
}

function takeCodePoints(text: string, count: number): string {
  let end = 0;
  for (let taken = 0; taken < count && end < text.length; taken += 1) {
    end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  }
  return text.slice(0, end);
}
