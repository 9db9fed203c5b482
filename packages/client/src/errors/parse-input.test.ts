import { expect, it } from "vitest";
import { z } from "zod";
import { textInput } from "../text/text-input.ts";
import { ClientError } from "./client-error.ts";
import { parseInput } from "./parse-input.ts";

const schema = z.strictObject({
  id: z.guid(),
  name: textInput(5),
  limit: z.int().min(1).max(10),
  status: z.enum(["new", "old"]),
  since: z.date().max(new Date("2030-01-01T00:00:00Z")),
  list: z.array(z.string()).max(1),
  token: z.string().max(3),
});
const right = {
  id: "0193a1f0-7c2e-7b1a-9d54-3f1f6a0c2b11",
  name: "a",
  limit: 1,
  status: "new",
  since: new Date(0),
  list: [],
  token: "t",
};

function refusal(input: unknown): ClientError {
  try {
    parseInput(schema, input, "the thing");
  } catch (error) {
    if (error instanceof ClientError) return error;
  }
  throw new Error("it was not refused");
}

it.each<[string, object, string, string]>([
  ["an identifier", { id: "bad" }, '(id is "bad")', "Give id as a UUID, such as"],
  ["text with U+0000", { name: "a\u0000" }, '(name is "a\\u0000")', "Correct name"],
  ["half a character", { name: "\ud800" }, '(name is "\\ud800")', "Correct name"],
  ["a number that is too large", { limit: 11 }, "(limit is 11)", "Give limit with at most 10."],
  [
    "a number that is no number of theirs either",
    { limit: 1e300 },
    "<=10 (limit is 1e+300)",
    "Give limit with at most 10.",
  ],
  ["a number that is none", { limit: "7" }, '(limit is "7")', "Give limit as number"],
  ["a big integer", { limit: 7n }, "(limit is 7n)", "Give limit as number"],
  ["one of others", { status: "odd" }, '(status is "odd")', 'Give status as one of "new", "old".'],
  [
    "a time",
    { since: new Date("2031-02-03T00:00:00Z") },
    "(since is 2031-02-03T00:00:00.000Z)",
    "Give since as a time of 2030-01-01T00:00:00.000Z or before.",
  ],
  [
    "a time that is none",
    { since: new Date(Number.NaN) },
    "(since is an invalid date)",
    "Give since as date",
  ],
  ["too many", { list: ["a", "b"] }, "(list is a list of 2)", "Give list with at most 1 elements."],
  ["an element", { list: [null] }, "(list[0] is null)", "Give list[0] as string"],
  ["what is missing", { limit: undefined }, "(limit is missing)", "or leave it out where it has a default"],
  ["what there is not", { other: 1 }, '"other"', 'Leave out "other"'],
])("names %s, its place and the remedy", (_, wrong, message, hint) => {
  const error = refusal({ ...right, ...wrong });
  expect(error.code).toBe("INVALID_INPUT");
  expect(error.message).toContain(message);
  expect(error.hint).toContain(hint);
});

it("names what is no object, cuts what is long, and shows no secret", () => {
  expect(refusal(7).message).toContain("(7)");
  const long = refusal({ ...right, name: "x".repeat(1_000) });
  expect(long.message).toContain(`(name is "${"x".repeat(60)}…")`);
  const secret = refusal({ ...right, token: "hunter2-hunter2" });
  expect(secret.message).toContain("(token is not shown here)");
  expect(JSON.stringify({ ...secret, ...secret.details })).not.toContain("hunter2");
});
