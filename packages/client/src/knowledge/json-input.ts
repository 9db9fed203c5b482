import type { JsonValue } from "@mister-smith/schema";
import { z } from "zod";

/** Deeper than anyone means to nest, and far below what PostgreSQL's own parser can take; finds circles, too. */
const deepest = 1_000;

/**
 * A value that JSONB can store as it is given: plain objects, arrays, strings, finite numbers, booleans and null.
 *
 * What JSON.stringify would change or drop without a word (a Date, undefined, NaN) is refused with its path, and so is
 * text that JSONB refuses: U+0000 and halves of surrogate pairs.
 */
export const jsonInput = z.unknown().transform((value, context): JsonValue => {
  const fault = faultOf(value, []);
  if (fault === undefined) return value as JsonValue; // which is what was just checked
  context.issues.push({ code: "custom", message: fault.message, path: fault.path, input: value });
  return z.NEVER;
});

interface Fault {
  readonly message: string;
  readonly path: (string | number)[];
}

function faultOf(value: unknown, path: (string | number)[]): Fault | undefined {
  if (value === null || typeof value === "boolean") return undefined;
  if (typeof value === "string") return textFault(value, path);
  if (typeof value === "number") {
    return Number.isFinite(value) ? undefined : { message: `${value} is not a JSON number`, path };
  }
  if (typeof value !== "object") return { message: `${typeof value} is no JSON value`, path };
  if (path.length >= deepest)
    return { message: `nested deeper than ${deepest} levels, or in a circle`, path };
  if (Array.isArray(value)) return firstFault(value.entries(), path);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return { message: "not a plain object; make it one, or a string", path };
  }
  return firstFault(Object.entries(value), path);
}

function firstFault(entries: Iterable<[string | number, unknown]>, path: readonly (string | number)[]) {
  for (const [key, value] of entries) {
    const below = [...path, key];
    const fault = (typeof key === "string" ? textFault(key, below) : undefined) ?? faultOf(value, below);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function textFault(text: string, path: (string | number)[]): Fault | undefined {
  if (text.includes("\0")) return { message: "contains U+0000, which PostgreSQL cannot store", path };
  if (!text.isWellFormed()) return { message: "contains half of a surrogate pair", path };
  return undefined;
}
