import { expect, it } from "vitest";
import { judgeUsage, type UsedIndex } from "./judge-usage.ts";

const index = (name: string, keys: string, differs: Partial<UsedIndex> = {}): UsedIndex => ({
  oid: name,
  name,
  method: "btree",
  keys: keys.split(" ").map((text) => ({
    text: text.replace("-", ""),
    opclass: "1",
    collation: "0",
    isDescending: text.startsWith("-"),
    nullsFirst: text.startsWith("-"),
  })),
  include: [],
  predicates: [],
  isNeeded: false,
  isValid: true,
  isBuilding: false,
  isPartitioned: false,
  scans: 0,
  goesWithWhole: null,
  ...differs,
});
const counted = { isLongEnough: true, hasReplicas: false };
const judge = (indexes: readonly UsedIndex[], differs: Partial<typeof counted> = {}) =>
  Object.fromEntries(
    [...judgeUsage(indexes, { ...counted, ...differs })].map(([{ name }, { verdict, by, canGo }]) => [
      name,
      `${verdict}${by === null ? "" : ` by ${by}`}${canGo ? ", can go" : ""}`,
    ]),
  );
const used = { scans: 9 };

it("keeps of two that are the same the one that is used, whatever their names", () => {
  expect(judge([index("a", "k"), index("b", "k", used)])).toEqual({
    a: "repeated by b, can go",
    b: "in use",
  });
  expect(judge([index("a", "k", used), index("b", "k", { scans: 10 })])).toEqual({
    a: "repeated by b, can go",
    b: "in use",
  });
  expect(judge([index("a", "k"), index("b", "k")])).toEqual({ a: "unused, can go", b: "unused, can go" });
});

it("does not trust a wider one that goes itself", () => {
  expect(judge([index("narrow", "k", used), index("wide", "k v")])).toEqual({
    narrow: "in use",
    wide: "unused, can go",
  });
  expect(judge([index("narrow", "k", used), index("wide", "k v", used)])).toEqual({
    narrow: "repeated by wide, can go",
    wide: "in use",
  });
});

it("calls none unused that was counted for too short a time, and drops none for that while there are replicas", () => {
  const young = { isLongEnough: false };
  expect(judge([index("a", "k"), index("b", "v")], young)).toEqual({ a: "too early", b: "too early" });
  expect(judge([index("a", "k"), index("b", "k v")], young)).toEqual({
    a: "repeated by b, can go",
    b: "too early",
  });
  expect(judge([index("a", "k")], { hasReplicas: true })).toEqual({ a: "unused" });
});

it("lets one that is being built be, and calls a failed one invalid, a unique one too", () => {
  expect(
    judge([
      index("building", "k", { isValid: false, isBuilding: true }),
      index("failed", "k", { isValid: false }),
      index("whole", "k", { isValid: false, isPartitioned: true, ...used }),
      index("key", "k", { isNeeded: true }),
    ]),
  ).toEqual({ building: "building", failed: "invalid, can go", whole: "invalid", key: "needed" });
});

it("tells keys apart by collation and operator class, and sees that a B-tree reads backwards", () => {
  const [key] = index("x", "lower(n)").keys;
  if (key === undefined) throw new Error("there was to be a key");
  const other = (differs: Partial<typeof key>) =>
    index("other", "n", { keys: [{ ...key, ...differs }], ...used });
  const plain = index("plain", "lower(n)", used);
  expect(judge([plain, other({ collation: "950" })])).toEqual({ plain: "in use", other: "in use" });
  expect(judge([plain, other({ opclass: "2" })])).toEqual({ plain: "in use", other: "in use" });
  expect(judge([index("up", "k v", used), index("down", "-k", used)])).toEqual({
    up: "in use",
    down: "repeated by up, can go",
  });
});

it("trusts the part of a whole's index only where the whole stays", () => {
  const local = index("local", "k", used);
  expect(judge([local, index("part", "k", { goesWithWhole: false })])).toMatchObject({
    local: "repeated by part, can go",
  });
  expect(judge([local, index("part", "k", { goesWithWhole: true })])).toMatchObject({ local: "in use" });
});

/** Any sets of indexes over few keys: what hangs together in them is what one would not think of. */
it("leaves for whatever was used an index that does its work, in any set of indexes", () => {
  const names = ["k", "k v", "k v w", "v", "v k", "-k", "k -v"];
  let seed = 7;
  const next = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  for (let round = 0; round < 2000; round += 1) {
    const indexes = Array.from({ length: 2 + next(5) }, (_, at) =>
      index(`i${at}`, names[next(names.length)] ?? "k", {
        scans: next(3),
        isNeeded: next(6) === 0,
        isValid: next(8) > 0,
      }),
    );
    const verdicts = judgeUsage(indexes, { isLongEnough: next(2) === 0, hasReplicas: next(2) === 0 });
    const left = indexes.filter((one) => verdicts.get(one)?.canGo === false && one.isValid);
    for (const one of indexes.filter(({ isValid, scans }) => isValid && scans > 0)) {
      const does = judgeUsage([one, ...left.filter((other) => other !== one)], {
        isLongEnough: false,
        hasReplicas: false,
      });
      if (!left.includes(one)) expect(does.get(one)?.verdict).toBe("repeated");
    }
  }
});
