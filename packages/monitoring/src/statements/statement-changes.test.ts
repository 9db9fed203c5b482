import { expect, it } from "vitest";
import type { CountedStatements } from "../questions/statement-counts.ts";
import { statementChanges } from "./statement-changes.ts";

const start = new Date("2026-01-01T00:00:00Z");
const later = (seconds: number) => new Date(start.getTime() + seconds * 1000);

function counted(
  at: number,
  statements: Readonly<Record<string, readonly [calls: number, totalMs: number]>>,
  more: Partial<CountedStatements> = {},
): CountedStatements {
  const byQueryId = new Map(
    Object.entries(statements).map(([queryId, [calls, totalMs]]) => [
      queryId,
      { queryId, calls, totalMs, rows: calls, hit: calls * 3, read: calls },
    ]),
  );
  return { at: later(at), serverStartedAt: start, resetAt: start, forgotten: 0, byQueryId, ...more };
}

it("counts what was done in between, and shows the most time first", () => {
  const { statements, isReset, from, to } = statementChanges(
    counted(10, { a: [5, 100], b: [1, 1], idle: [3, 3] }),
    counted(20, { a: [7, 104], b: [11, 51], idle: [3, 3], fresh: [1, 7] }),
  );
  expect(statements.map(({ queryId, calls, totalMs, meanMs }) => [queryId, calls, totalMs, meanMs])).toEqual([
    ["b", 10, 50, 5],
    ["fresh", 1, 7, 7],
    ["a", 2, 4, 2],
  ]);
  expect(statements[0]?.hitRatio).toBe(0.75);
  expect([isReset, from, to]).toEqual([false, later(10), later(20)]);
});

it("says that somebody reset the statistics, and counts from then on", () => {
  const reset = { resetAt: later(15) };
  const { statements, isReset, from } = statementChanges(
    counted(10, { a: [5, 100] }),
    counted(20, { a: [7, 140] }, reset),
  );
  expect([isReset, from]).toEqual([true, later(15)]);
  expect(statements).toMatchObject([{ queryId: "a", calls: 7, totalMs: 140 }]);
});

it("counts one anew that was reset by itself, or forgotten", () => {
  const { statements, isReset } = statementChanges(
    counted(10, { a: [5, 100], b: [5, 5] }),
    counted(20, { a: [2, 8], b: [6, 6] }),
  );
  expect(isReset).toBe(false);
  expect(statements).toMatchObject([
    { queryId: "a", calls: 2, totalMs: 8 },
    { queryId: "b", calls: 1, totalMs: 1 },
  ]);
});

it("goes on over a restart, and knows what a crash has lost", () => {
  const restarted = { serverStartedAt: later(15) };
  const before = counted(10, { a: [5, 100], b: [5, 5] });
  expect(statementChanges(before, counted(20, { a: [6, 101], b: [5, 5] }, restarted))).toMatchObject({
    isReset: false,
    statements: [{ queryId: "a", calls: 1 }],
  });
  expect(statementChanges(before, counted(20, { a: [1, 9] }, restarted))).toMatchObject({
    isReset: true,
    statements: [{ queryId: "a", calls: 1, totalMs: 9 }],
  });
});
