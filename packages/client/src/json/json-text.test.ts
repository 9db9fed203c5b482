import { describe, expect, it } from "vitest";
import { jsonText } from "./json-text.ts";

const circle: Record<string, unknown> = {};
circle["again"] = circle;

describe("JSON for PostgreSQL", () => {
  it.each([null, "", 0, false, [], {}, [null, { a: [1.5, "é𝄞"] }], JSON.parse('{"__proto__": {"a": 1}}')])(
    "is the text of %j",
    (value) => {
      expect(jsonText(value, "the value")).toBe(JSON.stringify(value));
    },
  );

  it.each([
    [undefined, "$ is undefined"],
    [{ a: undefined }, "$.a is undefined"],
    [Object.assign([1], { length: 2 }), "$[1] is undefined"],
    [{ a: [Number.NaN] }, "$.a[0] is NaN"],
    [{ a: 1n }, "$.a is a bigint"],
    [{ a: () => 1 }, "$.a is a function"],
    [{ at: new Date(0) }, "$.at is an object of Date"],
    [new Map(), "$ is an object of Map"],
    [{ a: ["x\0y"] }, "$.a[0] holds the character U+0000"],
    [{ "a\0": 1 }, "$.a\\u0000 holds the character U+0000"],
    ["\ud800", "$ holds half a surrogate pair"],
    [circle, "$.again.again.again.again.again is nested too deeply"],
  ])("refuses what it cannot hold, with the path: case %#", (value, message) => {
    expect(() => jsonText(value, "the value of state key plan")).toThrow(
      `the value of state key plan: ${message}`,
    );
  });
});
