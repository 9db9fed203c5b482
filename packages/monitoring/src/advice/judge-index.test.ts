import { expect, it } from "vitest";
import { judgeIndex } from "./judge-index.ts";

const bounds = { minCalls: 20, change: 0.2 };
const took = (calls: number, meanMs: number) => ({ calls, totalMs: calls * meanMs, text: "SELECT" });
const judge = (before: [number, number], since: [number, number]) =>
  judgeIndex(
    { "1": took(...before) },
    { "1": { ...took(before[0] + since[0], 0), totalMs: before[0] * before[1] + since[0] * since[1] } },
    bounds,
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
  expect(judgeIndex(before, gained, bounds).verdict).toBe("better");
  const lost = { read: took(200, 9), write: took(1_000_000, 0.5) };
  const { verdict, statements } = judgeIndex(before, lost, bounds);
  expect(verdict).toBe("worse");
  expect(statements.map(({ queryId }) => queryId)).toEqual(["write", "read"]);
});

it("judges nothing when the statistics began anew, or a statement is gone", () => {
  expect(judgeIndex({ "1": took(100, 1) }, { "1": took(50, 9) }, bounds)).toMatchObject({
    verdict: "too early",
    statements: [{ verdict: "not comparable" }],
  });
  expect(judgeIndex({ "1": took(100, 1) }, {}, bounds).verdict).toBe("too early");
});
