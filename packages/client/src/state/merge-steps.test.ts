import { describe, expect, it } from "vitest";
import { mergeSteps } from "./merge-steps.ts";

describe("a merge patch as steps", () => {
  it("goes from the outer object to the inner ones", () => {
    expect(mergeSteps({ a: 1, b: null, c: { d: [null, {}], e: { f: null } } })).toEqual([
      { path: [], sets: { a: 1 }, removes: ["b"] },
      { path: ["c"], sets: { d: [null, {}] }, removes: [] },
      { path: ["c", "e"], sets: {}, removes: ["f"] },
    ]);
  });

  it("keeps a member called __proto__", () => {
    expect(JSON.stringify(mergeSteps(JSON.parse('{"__proto__": 1}')))).toBe(
      '[{"path":[],"sets":{"__proto__":1},"removes":[]}]',
    );
  });

  it.each([null, 1, "a", [{ a: null }]])("is none for %j, which replaces the value", (patch) => {
    expect(mergeSteps(patch)).toBeNull();
  });
});
