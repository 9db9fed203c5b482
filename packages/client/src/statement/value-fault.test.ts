import { describe, expect, it } from "vitest";
import { z } from "zod";
import { sql } from "./sql.ts";

const made = (value: unknown) => () => sql.type(z.unknown())`SELECT ${1}, ${value as null}`;

describe("a value of a template", () => {
  it.each([
    ["the Date 2026-01-01T00:00:00.000Z", new Date("2026-01-01"), /sql\.timestamp/],
    ["an object", { secret: "x" }, /sql\.json/],
    ["an object", Buffer.from("a"), /sql\.binary/],
    ["a list of 2", [1, 2], /sql\.array/],
    ["undefined", undefined, /null/],
    ["a function", () => 1, /text/],
    ["a symbol", Symbol("x"), /text/],
  ])("that is %s is refused by its place, with what to give instead", (what, value, remedy) => {
    const error = expect.objectContaining({
      code: "INVALID_INPUT",
      message: `the statement cannot be made: value 2 is ${what}`,
      hint: expect.stringMatching(remedy),
      details: { value: 2 },
    });
    expect(made(value)).toThrow(error);
  });

  it.each([["text"], [1], [true], [1n], [null], [sql.fragment`now()`], [sql.json({})]])(
    "may be %s",
    (value) => {
      expect(made(value)).not.toThrow();
    },
  );
});
