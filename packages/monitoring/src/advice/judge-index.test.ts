import { expect, it } from "vitest";
import { judgeIndex } from "./judge-index.ts";

const bounds = { minCalls: 20, change: 0.2 };
const took = (calls: number, meanMs: number) => ({ calls, totalMs: calls * meanMs, text: "SELECT" });
const judge = (before: [number, number], since: [number, number]) =>
  judgeIndex(
    { "1": took(...before) },
    { "1": { ...took(before[0] + since[0], 0), totalMs: before[0] * before[1] + since[0] * since[1] } },
    bounds,
    false,
  );

it.each([
  ["better", [100, 10], [100, 1]],
  ["worse", [100, 1], [100, 1.5]],
  ["same", [100, 1], [100, 1.1]],
  ["too early", [100, 1], [19, 50]],
] as const)("calls it %s when %j became %j", (verdict, before, since) => {
  const judged = judge([...before], [...since]);
  expect(judged.verdict).toBe(verdict);
  expect(judged.statements).toMatchObject([{ verdict }]);
});

it("holds what writes lose against what reads gain, by time and not by statements", () => {
  const before = { read: took(100, 10), write: took(10_000, 0.1) };
  const gained = { read: took(200, 5.5), write: took(20_000, 0.105) };
  expect(judgeIndex(before, gained, bounds, false).verdict).toBe("better");
  const lost = { read: took(200, 9), write: took(1_000_000, 0.5) };
  const { verdict, statements } = judgeIndex(before, lost, bounds, false);
  expect(verdict).toBe("worse");
  expect(statements.map(({ queryId }) => queryId)).toEqual(["write", "read"]);
});

it("takes all that is counted when counting began anew, and nothing from below zero", () => {
  const reset = (calls: number, meanMs: number, beganAnew: boolean) =>
    judgeIndex({ "1": took(100, 1) }, { "1": took(calls, meanMs) }, bounds, beganAnew);
  const slower = { calls: 150, meanBeforeMs: 1, meanSinceMs: 2, verdict: "worse" };
  expect(reset(150, 2, true)).toMatchObject({ verdict: "worse", statements: [slower] });
  expect(reset(50, 9, false).statements).toMatchObject([{ calls: 50, meanSinceMs: 9 }]);
  // More calls and less time than there were.
  expect(reset(120, 0.1, false).statements).toMatchObject([{ calls: 120, meanSinceMs: 0.1 }]);
});

it("judges nothing of a statement that is gone, or when nothing is known from before", () => {
  expect(judgeIndex({ "1": took(100, 1) }, {}, bounds, false).verdict).toBe("too early");
  expect(judgeIndex({}, { "1": took(100, 1) }, bounds, false).verdict).toBe("not comparable");
});
