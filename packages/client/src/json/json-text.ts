import { ClientError } from "../errors/client-error.ts";

const deepest = 1000;

type Path = (string | number)[];

/**
 * A value as JSON text that PostgreSQL stores as it is: what is read back equals what was given.
 *
 * @param what whose value it is, as in "the value of state key plan"
 * @throws ClientError `INVALID_INPUT` with the path of what JSON or PostgreSQL's JSONB cannot hold: `undefined`,
 *   functions, `bigint`, NaN, dates and other objects that are not plain, U+0000, half a surrogate pair, more than
 *   1,000 levels
 */
export function jsonText(value: unknown, what: string): string {
  check(value, [], what);
  return JSON.stringify(value);
}

// One path for the whole walk: a value of 10 MB has a million places.
function check(value: unknown, path: Path, what: string): void {
  if (value === null || typeof value === "boolean" || Number.isFinite(value)) return;
  if (typeof value === "string") checkText(value, path, what);
  else if (path.length > deepest)
    throw refuse("is nested too deeply, or holds itself", path.slice(0, 5), what);
  else if (Array.isArray(value)) checkArray(value, path, what);
  else if (isPlainObject(value)) checkObject(value, path, what);
  else throw refuse(`is ${nameOf(value)}, which is not JSON`, path, what);
}

function checkArray(array: readonly unknown[], path: Path, what: string): void {
  // By index, since iteration by key passes over holes.
  for (let at = 0; at < array.length; at++) {
    path.push(at);
    check(array[at], path, what);
    path.pop();
  }
}

function checkObject(object: Record<string, unknown>, path: Path, what: string): void {
  for (const key of Object.keys(object)) {
    path.push(key);
    checkText(key, path, what);
    check(object[key], path, what);
    path.pop();
  }
}

function checkText(text: string, path: Path, what: string): void {
  if (text.includes("\0"))
    throw refuse("holds the character U+0000, which PostgreSQL does not store", path, what);
  if (!text.isWellFormed()) throw refuse("holds half a surrogate pair", path, what);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  // By its tag, not its prototype: objects of another realm are plain, too.
  return Object.prototype.toString.call(value) === "[object Object]" && !hasToJson(value);
}

function hasToJson(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && "toJSON" in value && typeof value.toJSON === "function"
  );
}

function nameOf(value: unknown): string {
  if (typeof value === "number" || value === undefined) return String(value);
  if (typeof value === "object") return `an object of ${value?.constructor?.name ?? "a class"}`;
  return `a ${typeof value}`;
}

function refuse(fault: string, path: Path, what: string): ClientError {
  const where = JSON.stringify(pathText(path)).slice(1, -1);
  return new ClientError("INVALID_INPUT", `${what}: ${where} ${fault}`, {
    hint: "Leave it out, or write it as text in a form of your own.",
    details: { path: where },
  });
}

function pathText(path: Path): string {
  return path.reduce<string>(
    (text, step) => (typeof step === "number" ? `${text}[${step}]` : `${text}.${step}`),
    "$",
  );
}
