import { parse as findFaults, type ParseError, printParseErrorCode } from "jsonc-parser";
import type { JsonValue } from "../json-value.ts";

/** What became of a text: its value, or where it stops being JSON and why. */
export type ParsedJson =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly offset: number; readonly reason: string };

/**
 * Reads JSON, and refuses a number that JavaScript cannot hold: an integer beyond 2^53 or a number beyond 1.8e308
 * would be written as another one than was recorded.
 */
export function parseJson(text: string): ParsedJson {
  const unsafe: string[] = [];
  try {
    const value: JsonValue = JSON.parse(
      text,
      (_key, parsed: unknown, context?: { readonly source?: string }) => {
        if (typeof parsed !== "number") return parsed;
        if (isChanged(parsed, context?.source ?? "")) unsafe.push(context?.source ?? "");
        // JSON's -0 is PostgreSQL's 0.
        return parsed === 0 ? 0 : parsed;
      },
    );
    const [number] = unsafe;
    if (number === undefined) return { ok: true, value };
    return { ok: false, offset: text.indexOf(number), reason: `the number ${number} cannot be kept exactly` };
  } catch (error) {
    if (error instanceof RangeError) return { ok: false, offset: 0, reason: "nested too deeply" };
    return firstFault(text);
  }
}

/** The line and column, from 1, of a position in a text. */
export function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: offset - lineStart + 1 };
}

function isChanged(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return true;
  return /^-?\d+$/.test(source) && BigInt(source) !== BigInt(value);
}

// V8 tells the position only in the words of its message; this parser is slower and tells it as a number.
function firstFault(text: string): ParsedJson {
  const faults: ParseError[] = [];
  findFaults(text, faults, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false });
  const [fault] = faults;
  if (fault === undefined) return { ok: false, offset: 0, reason: "not JSON" };
  const code = printParseErrorCode(fault.error);
  const end = text.trimEnd().length;
  const openText = code === "UnexpectedEndOfString" && fault.offset + fault.length >= end;
  if (fault.offset < end && !openText) return { ok: false, offset: fault.offset, reason: wordsOf(code) };
  return { ok: false, offset: end, reason: `the text ends where it must go on: ${wordsOf(code)}` };
}

function wordsOf(code: string): string {
  return code.replace(/(?<!^)([A-Z])/g, " $1").toLowerCase();
}
