import { SyncError } from "../errors/sync-error.ts";

const deepest = 1_000;

/**
 * A value as the JSON text that is stored. What is read back equals what was given.
 *
 * @throws SyncError `INVALID_INPUT` with the path of what JSON or PostgreSQL's JSONB cannot hold: `undefined`, functions,
 *   `bigint`, NaN, dates and other objects that are not plain, U+0000, half a surrogate pair, more than 1,000 levels
 */
export function valueText(value: unknown): string {
  check(value, 0, "$");
  return JSON.stringify(value);
}

function check(value: unknown, depth: number, path: string): void {
  if (value === null || typeof value === "boolean") return;
  if (typeof value === "number" && Number.isFinite(value)) return;
  if (typeof value === "string") {
    checkText(value, path);
    return;
  }
  if (depth > deepest) throw refuse("is nested too deeply, or holds itself", path.slice(0, 60));
  if (Array.isArray(value)) {
    // By index, since iteration by key passes over holes.
    for (let at = 0; at < value.length; at += 1) check(value[at], depth + 1, `${path}[${at}]`);
  } else if (isPlain(value)) {
    for (const key of Object.keys(value)) {
      checkText(key, path);
      check(value[key], depth + 1, `${path}.${key}`);
    }
  } else throw refuse(`is ${nameOf(value)}, which is not JSON`, path);
}

function checkText(text: string, path: string): void {
  if (text.includes("\0")) throw refuse("holds the character U+0000, which PostgreSQL does not store", path);
  if (!text.isWellFormed()) throw refuse("holds half a surrogate pair", path);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  // By its tag, not its prototype: objects of another realm are plain, too.
  if (Object.prototype.toString.call(value) !== "[object Object]") return false;
  return typeof (value as { toJSON?: unknown }).toJSON !== "function";
}

function nameOf(value: unknown): string {
  if (typeof value === "number" || value === undefined) return String(value);
  if (typeof value === "object") return `an object of ${value?.constructor?.name ?? "a class"}`;
  return `a ${typeof value}`;
}

function refuse(fault: string, path: string): SyncError {
  const where = JSON.stringify(path).slice(1, -1);
  return new SyncError("INVALID_INPUT", `the value's ${where} ${fault}`, {
    hint: "Leave it out, or write it as text in a form of your own.",
    details: { path: where },
  });
}
