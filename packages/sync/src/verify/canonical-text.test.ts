import { describe, expect, it } from "vitest";
import { canonicalText } from "./canonical-text.ts";

describe("the text of a value", () => {
  it.each([
    [{ bb: 1, a: [1, null, true, 'x\n"é'], "": {} }, '{"": {}, "a": [1, null, true, "x\\n\\"é"], "bb": 1}'],
    [[], "[]"],
    [{ é: 1, zz: 2, z: 3 }, '{"z": 3, "zz": 2, "é": 1}'],
    [1.5, "1.5"],
  ])("is that of PostgreSQL: case %#", (value, text) => {
    expect(canonicalText(value)).toBe(text);
  });
});
