import { describe, expect, it } from "vitest";
import { decodeStateKey, encodeStateKey } from "./state-key.ts";

const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));

function* randomKeys(count: number): Generator<string> {
  let state = seed;
  const next = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
  const alphabet = [..."aZ09_-/..  =*>$\t\u0000é€😀"];
  for (let made = 0; made < count; made += 1)
    yield Array.from({ length: 1 + next(8) }, () => alphabet[next(alphabet.length)] ?? "a").join("");
}

describe("the spelling of a state key", () => {
  it.each([
    ["plan", "plan"],
    ["plan.step-1/a_b", "plan.step-1/a_b"],
    [".hidden", "=2Ehidden"],
    ["a..b", "a=2E=2Eb"],
    ["end.", "end=2E"],
    ["a b", "a=20b"],
    ["a=20b", "a=3D20b"],
    ["*>", "=2A=3E"],
    ["é", "=C3=A9"],
    ["😀", "=F0=9F=98=80"],
  ])("of %s is %s", (key, spelling) => {
    expect(encodeStateKey(key)).toBe(spelling);
    expect(decodeStateKey(spelling)).toBe(key);
  });

  it(`is read back, a valid subject, and never that of another key (SEED=${seed})`, () => {
    const keys = new Map<string, string>();
    const wrong: { key: string; spelling: string; readBack: string | undefined; alsoOf: string }[] = [];
    for (const key of randomKeys(20_000)) {
      const spelling = encodeStateKey(key);
      const readBack = decodeStateKey(spelling);
      const alsoOf = keys.get(spelling) ?? key;
      const isSubject = /^[A-Za-z0-9_/=-]+(\.[A-Za-z0-9_/=-]+)*$/.test(spelling);
      if (readBack !== key || !isSubject || alsoOf !== key) wrong.push({ key, spelling, readBack, alsoOf });
      keys.set(spelling, key);
    }
    expect(wrong).toEqual([]);
  });

  it.each(["", "a..b", ".a", "a.", "=61", "=2e", "=2", "=", "=C3", "a b", "a=2Eb", "é"])(
    "is not %j, which somebody else may have written",
    (spelling) => {
      expect(decodeStateKey(spelling)).toBeUndefined();
    },
  );
});
