import { describe, expect, it } from "vitest";
import { sampleRegex } from "./sample-regex.ts";

describe("a text that matches a regular expression", () => {
  it.each([
    "^sha256:[0-9a-f]{64}$",
    "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}$",
    "^[A-Za-z_][A-Za-z0-9_-]*$",
    "^(read|write)\\.(a|b)?$",
    "^[^/\\s]+/[a-z]{2,5}$",
    "^a.c+$",
    "^v\\d+\\.\\d+(\\.\\d+)?$",
    "^(?:x|y)[-_]z$",
    "^[a-z]{0,3}!$",
  ])("%s", (pattern) => {
    expect(sampleRegex(pattern, 1)).toMatch(new RegExp(pattern));
    expect(sampleRegex(pattern, 7)).toMatch(new RegExp(pattern));
  });

  it("differs from seed to seed where the pattern leaves a choice", () => {
    expect(sampleRegex("^[0-9a-f]{8}$", 1)).not.toBe(sampleRegex("^[0-9a-f]{8}$", 2));
  });
});
