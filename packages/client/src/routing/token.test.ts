import { describe, expect, it } from "vitest";
import { parseToken, tokenOf } from "./token.ts";

describe("the token of a write", () => {
  it.each(["1:0/16B3740", "12:FFFFFFFF/FFFFFFFF", "primary"])("is read as it was made: %s", (token) => {
    expect(tokenOf(parseToken(token))).toBe(token);
  });

  it.each(["", "0/16B3740", "0:0/1", "1:", "1:0/1;", "-1:0/1", "1:1:0/1", "Primary"])(
    "is not %j",
    (token) => {
      expect(() => parseToken(token)).toThrow(expect.objectContaining({ code: "INVALID_INPUT" }));
    },
  );

  it.each([
    [undefined, "undefined is not a token of a write"],
    [null, "null is not a token of a write"],
    [5, "5 is not a token of a write"],
  ])("is not %j, which callers without types may pass", (token, message) => {
    // What JavaScript lets through.
    const given = token as unknown as string;
    expect(() => parseToken(given)).toThrow(expect.objectContaining({ code: "INVALID_INPUT", message }));
  });
});
