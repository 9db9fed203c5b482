import { describe, expect, it } from "vitest";
import { isStorable, restoredJson, restoredText, storableJson, storableText } from "./storable-text.ts";

describe("text that PostgreSQL cannot hold", () => {
  it.each([
    ["NUL", "a\u0000b", "a␛0000b"],
    ["a lone high surrogate", "x\ud83d", "x␛d83d"],
    ["a lone low surrogate", "\ude00x", "␛de00x"],
    ["surrogates in the wrong order", "\ude00\ud83d", "␛de00␛d83d"],
    ["the escape character itself", "␛0000", "␛241b0000"],
  ])("%s is escaped and comes back", (_, text, stored) => {
    expect(storableText(text)).toBe(stored);
    expect(restoredText(stored)).toBe(text);
    expect(isStorable(text)).toBe(false);
  });

  it("leaves all other text alone, backslashes, CRLF and whole surrogate pairs included", () => {
    const text = 'C:\\u0000 "x"\r\n\t\u001b[31m 😀 \u2028 \ufffd';
    expect(storableText(text)).toBe(text);
    expect(isStorable(text)).toBe(true);
  });

  it("comes back whatever the text was", () => {
    const units = ["\u0000", "␛", "d", "8", "3", "0", "\ud83d", "\ude00", "é"];
    let seed = 20_240_817;
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed / 2_147_483_648;
    };
    for (let round = 0; round < 2_000; round++) {
      const text = Array.from({ length: 12 }, () => units[Math.floor(random() * units.length)]).join("");
      const stored = storableText(text);
      expect(restoredText(stored)).toBe(text);
      expect(stored.isWellFormed() && !stored.includes("\u0000")).toBe(true);
    }
  });
});

describe("JSON that PostgreSQL cannot hold", () => {
  it("is escaped in keys and values at every depth and comes back", () => {
    const value = {
      "k\u0000": ["\u0000", { deep: "\ud800", n: 1, none: null, yes: true }],
      ["__proto__"]: "␛",
    };
    const stored = storableJson(value);
    expect(JSON.stringify(stored)).not.toMatch(/\\u0000|\\ud800/);
    expect(restoredJson(stored)).toEqual(value);
  });

  it("does not mistake two keys for one", () => {
    const stored = storableJson({ "a\u0000": 1, "a␛0000": 2 });
    expect(Object.keys(stored as object)).toHaveLength(2);
  });
});
