import type { SlowStatement } from "@mister-smith/monitoring";
import { expect, it } from "vitest";
import { slowestSince } from "./slowest-since.ts";

const statement = (queryId: string, calls: number, totalMs: number): SlowStatement => ({
  queryId,
  text: queryId,
  calls,
  totalMs,
  meanMs: totalMs / calls,
  rows: calls,
  hitRatio: 1,
});
const shown = (...given: Parameters<typeof slowestSince>) =>
  slowestSince(...given).map(({ queryId, calls, totalMs, meanMs }) => [queryId, calls, totalMs, meanMs]);

it("counts what was new between two looks, and leaves out what was not called", () => {
  const before = [statement("idle", 100, 9_000), statement("busy", 10, 100)];
  const now = [statement("idle", 100, 9_000), statement("busy", 14, 300), statement("new", 1, 500)];
  expect(shown(before, now)).toEqual([
    ["new", 1, 500, 500],
    ["busy", 4, 200, 50],
  ]);
});

it("counts all of it at the first look, and after a reset", () => {
  expect(shown(null, [statement("one", 2, 10)])).toEqual([["one", 2, 10, 5]]);
  expect(shown([statement("one", 20, 1_000)], [statement("one", 2, 10)])).toEqual([["one", 2, 10, 5]]);
});
