const stands = /^[A-Za-z0-9_/-]$/;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Keys that need no encoding at all, which is nearly every one: told without looking at each character. */
const plain = /^[A-Za-z0-9_/-]+(?:\.[A-Za-z0-9_/-]+)*$/;

/**
 * Spells a state key as part of a subject. Letters, digits, `_`, `-` and `/` stand for themselves, and so does a dot
 * between two characters that are none; every other byte of the UTF-8 text is `=XX`, in upper-case hexadecimal. Two keys
 * are never spelt alike, and a key has one spelling.
 */
export function encodeStateKey(key: string): string {
  if (plain.test(key)) return key;
  const characters = [...key];
  return characters
    .map((character, index) => {
      if (stands.test(character)) return character;
      if (character === "." && isBetween(characters, index)) return character;
      return [...encoder.encode(character)].map(hex).join("");
    })
    .join("");
}

/** Reads a spelling; undefined for one that {@link encodeStateKey} does not make. */
export function decodeStateKey(spelling: string): string | undefined {
  if (plain.test(spelling)) return spelling;
  const key = spelling === "" ? undefined : bytesOf(spelling);
  return key !== undefined && encodeStateKey(key) === spelling ? key : undefined;
}

// A dot at the edge, or beside another one, would make an empty token.
function isBetween(characters: readonly string[], index: number): boolean {
  const before = characters[index - 1];
  const after = characters[index + 1];
  return before !== undefined && after !== undefined && before !== "." && after !== ".";
}

function hex(byte: number): string {
  return `=${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}

function bytesOf(spelling: string): string | undefined {
  const bytes: number[] = [];
  for (let index = 0; index < spelling.length; index += 1) {
    const character = spelling[index] ?? "";
    if (character !== "=") {
      if (!stands.test(character) && character !== ".") return undefined;
      bytes.push(character.charCodeAt(0));
      continue;
    }
    const digits = spelling.slice(index + 1, index + 3);
    if (!/^[0-9A-F]{2}$/.test(digits)) return undefined;
    bytes.push(Number.parseInt(digits, 16));
    index += 2;
  }
  try {
    return decoder.decode(Uint8Array.from(bytes));
  } catch {
    return undefined;
  }
}
