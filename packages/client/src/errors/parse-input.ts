import { z } from "zod";
import { ClientError } from "./client-error.ts";
import { shownValue } from "./shown-value.ts";

/**
 * Checks what a caller gave.
 *
 * @param what what it is, as in "the options of the pool"
 * @throws ClientError `INVALID_INPUT` with each place, what was given there and what is allowed, and a hint for the first
 */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  what: string,
): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = withoutLooser(parsed.error.issues);
  const faults = issues.map(({ path, message }) => {
    const place = z.core.toDotPath(path);
    const given = shownValue(input, path);
    const where = [place, given].filter((part) => part !== "").join(" is ");
    return where === "" ? message : `${message} (${where})`;
  });
  throw new ClientError("INVALID_INPUT", `${what}: ${faults.join("; ")}`, {
    ...(issues[0] === undefined ? {} : { hint: remedyOf(issues[0]) }),
    details: {
      issues: issues.map(({ path, message }) => ({
        path: path.join("."),
        message,
        given: shownValue(input, path),
      })),
    },
  });
}

// A whole number is held to what fits into one, and to its own limit: the nearer of the two says what may be given.
function withoutLooser(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  return issues.filter((issue) => !issues.some((other) => isNearer(other, issue)));
}

function isNearer(one: z.core.$ZodIssue, other: z.core.$ZodIssue): boolean {
  if (z.core.toDotPath(one.path) !== z.core.toDotPath(other.path)) return false;
  if (one.code === "too_big" && other.code === "too_big") return one.maximum < other.maximum;
  return one.code === "too_small" && other.code === "too_small" && one.minimum > other.minimum;
}

function remedyOf(issue: z.core.$ZodIssue): string {
  const place = z.core.toDotPath(issue.path) || "it";
  switch (issue.code) {
    case "unrecognized_keys":
      return `Leave out ${issue.keys.map((key) => JSON.stringify(key)).join(", ")}, or correct the name.`;
    case "invalid_type":
      return `Give ${place} as ${issue.expected}${issue.path.length > 0 ? ", or leave it out where it has a default" : ""}.`;
    case "invalid_value":
      return `Give ${place} as one of ${issue.values.map((value) => JSON.stringify(value)).join(", ")}.`;
    case "invalid_format":
      return issue.format === "guid"
        ? `Give ${place} as a UUID, such as 0193a1f0-7c2e-7b1a-9d54-3f1f6a0c2b11.`
        : `Give ${place} in the format ${issue.format}.`;
    case "too_small":
      if (issue.origin === "date") return `Give ${place} as a time from ${dateOf(issue.minimum)} on.`;
      return `Give ${place} with ${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}${unitOf(issue.origin)}.`;
    case "too_big":
      if (issue.origin === "date") return `Give ${place} as a time of ${dateOf(issue.maximum)} or before.`;
      return `Give ${place} with ${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}${unitOf(issue.origin)}.`;
    default:
      return `Correct ${place} as the message says.`;
  }
}

function dateOf(limit: number | bigint): string {
  return new Date(Number(limit)).toISOString();
}

function unitOf(origin: string): string {
  if (origin === "string") return " characters";
  return origin === "array" ? " elements" : "";
}
