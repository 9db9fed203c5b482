/** What is to stand in a text in place of some of its bytes. */
export interface TextEdit {
  /** In bytes of UTF-8, as the parser counts. */
  readonly start: number;
  /** The first byte that stays. */
  readonly end: number;
  readonly text: string;
}

/** The text with all edits made. Of those that overlap the first one counts. */
export function editText(text: string, edits: readonly TextEdit[]): string {
  const bytes = Buffer.from(text);
  const parts: Buffer[] = [];
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    if (edit.start < at) continue;
    parts.push(bytes.subarray(at, edit.start), Buffer.from(edit.text));
    at = edit.end;
  }
  return Buffer.concat([...parts, bytes.subarray(at)]).toString();
}
