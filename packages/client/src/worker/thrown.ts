/** What a handler threw, as it goes on record. */
export interface ThrownRecord {
  readonly message: string;
  /** Name, message, stack, code and cause of an error; `{ "thrown": … }` for what is none. */
  readonly details: ThrownDetails;
}

/** The details of {@link ThrownRecord}. */
export interface ThrownDetails {
  readonly [name: string]: string | boolean | ThrownDetails;
}

const longestMessage = 4_000;
const longestStack = 8_000;
const deepestCause = 4;
/** What is on record of a value that throws itself when it is asked for its text. */
const unshowable = "something was thrown that cannot be shown";

/** Describes anything that can be thrown, in bounded size and in characters that PostgreSQL stores. Never throws. */
export function thrownRecord(thrown: unknown): ThrownRecord {
  const message = bounded(messageOf(thrown), longestMessage);
  return {
    message: message === "" ? "an error without a message" : message,
    details: detailsOf(thrown, 0),
  };
}

function detailsOf(thrown: unknown, depth: number): ThrownDetails {
  if (!isErrorLike(thrown)) return { thrown: bounded(messageOf(thrown), longestMessage) };
  const details: Record<string, string | ThrownDetails> = {};
  for (const name of ["name", "code", "message", "stack"] as const) {
    const value = fieldOf(thrown, name);
    if (typeof value === "string" && value !== "")
      details[name] = bounded(value, name === "stack" ? longestStack : longestMessage);
  }
  const cause = fieldOf(thrown, "cause");
  if (cause !== undefined && depth < deepestCause) details["cause"] = detailsOf(cause, depth + 1);
  return details;
}

function messageOf(thrown: unknown): string {
  if (isErrorLike(thrown)) return textOf(fieldOf(thrown, "message") ?? "");
  if (typeof thrown === "string") return thrown;
  if (thrown === undefined) return "undefined was thrown";
  try {
    const json: unknown = typeof thrown === "object" ? JSON.stringify(thrown) : undefined;
    return typeof json === "string" ? json : textOf(thrown);
  } catch {
    return unshowable;
  }
}

// An object without a prototype has nothing to make it into text with.
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return unshowable;
  }
}

function isErrorLike(thrown: unknown): thrown is object {
  return typeof thrown === "object" && thrown !== null && (hasMessage(thrown) || isError(thrown));
}

// A proxy may throw when it is asked for its prototype.
function isError(thrown: object): boolean {
  try {
    return thrown instanceof Error;
  } catch {
    return false;
  }
}

function hasMessage(thrown: object): boolean {
  return typeof fieldOf(thrown, "message") === "string";
}

// A field may be a getter that throws.
function fieldOf(thrown: object, name: string): unknown {
  try {
    return Reflect.get(thrown, name);
  } catch {
    return undefined;
  }
}

function bounded(text: string, longest: number): string {
  const short = text.length > longest ? `${text.slice(0, longest)} …` : text;
  return short.replaceAll("\0", "").toWellFormed();
}
