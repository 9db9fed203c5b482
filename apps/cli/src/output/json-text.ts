import { byteText } from "./byte-text.ts";
import { safeText, shortText } from "./safe-text.ts";

const shownCharacters = 4000;

/** JSON of the database for people, indented; of what is long, the beginning and its size. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value, null, 2);
  if (text.length <= shownCharacters) return text.split("\n").map(safeText).join("\n");
  const begin = text.slice(0, shownCharacters).split("\n").map(safeText).join("\n");
  return `${begin}\n… ${byteText(Buffer.byteLength(text))} in all; --json shows the whole`;
}

/** JSON on one line of a table. */
export function shortJson(value: unknown, width: number): string {
  return shortText(typeof value === "string" ? value : JSON.stringify(value), width);
}
