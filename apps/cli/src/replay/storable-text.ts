import { isJsonObject, type JsonValue } from "./json-value.ts";

// U+241B SYMBOL FOR ESCAPE: readable in psql, and rare enough that next to no text has to be escaped for its sake.
const marker = "\u241b";

// With the flag `u` a whole surrogate pair is one character, so that only lone halves match.
// biome-ignore lint/suspicious/noControlCharactersInRegex: U+0000 is what this is about
const unstorable = /[\u0000\u241b\ud800-\udfff]/gu;

const escaped = /\u241b([0-9a-f]{4})/g;

/**
 * Text as PostgreSQL can hold it. U+0000 and lone surrogates have no place in `text` and `jsonb`: each becomes
 * `␛` (U+241B) and the four lower-case hexadecimal digits of its code unit, and so does `␛` itself. All other
 * text stays as it is. {@link restoredText} is the exact inverse.
 */
export function storableText(text: string): string {
  return text.replace(unstorable, (character) => marker + hex(character));
}

/** The text that {@link storableText} was given. */
export function restoredText(stored: string): string {
  return stored.replace(escaped, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

/** The value with every text in it storable, the keys of its objects included. */
export function storableJson(value: JsonValue): JsonValue {
  return mapTexts(value, storableText);
}

/** The value that {@link storableJson} was given. */
export function restoredJson(stored: JsonValue): JsonValue {
  return mapTexts(stored, restoredText);
}

/** Whether PostgreSQL can hold the text without any escaping. */
export function isStorable(text: string): boolean {
  return text.search(unstorable) === -1;
}

function mapTexts(value: JsonValue, map: (text: string) => string): JsonValue {
  if (typeof value === "string") return map(value);
  if (Array.isArray(value)) return value.map((item: JsonValue) => mapTexts(item, map));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [map(key), mapTexts(item, map)]));
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, "0");
}
