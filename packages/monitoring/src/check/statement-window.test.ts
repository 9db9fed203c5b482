import { expect, it } from "vitest";
import type { StatementTime } from "../questions/statement-times.ts";
import { createStatementWindow } from "./statement-window.ts";

const minute = 60_000;
const time = (calls: number, totalMs: number, queryId = "1"): StatementTime => ({
  database: "app",
  role: "etl",
  queryId,
  calls,
  totalMs,
});

async function slowestAt(looks: readonly (readonly [number, ...StatementTime[]])[]) {
  const statements = createStatementWindow(60 * minute);
  const seen: (number | undefined)[] = [];
  for (const [at, ...times] of looks)
    seen.push((await statements.slowest(async () => times, at * minute))?.values[0]?.value);
  return seen;
}

it("takes the time since the statistics began where nobody looked before, and of the last quarter of an hour then", async () => {
  expect(
    await slowestAt([
      [0, time(10, 10_000)],
      // It became fast, is not executed, became slow, and that is long ago.
      [5, time(1_010, 11_000)],
      [15, time(1_010, 11_000)],
      [21, time(1_010, 11_000)],
      [25, time(1_011, 20_000)],
      [45, time(1_012, 20_001)],
    ]),
  ).toEqual([1_000, 1, 1, undefined, 9_000, 1]);
});

it("counts what was reset from 0, takes the slowest of each role, and reads once for one look", async () => {
  expect(
    await slowestAt([
      [0, time(10, 10_000)],
      [1, time(2, 10)],
    ]),
  ).toEqual([1_000, 5]);
  expect(await slowestAt([[0], [1, time(1, 5), time(1, 7, "2")]])).toEqual([undefined, 7]);
  const statements = createStatementWindow(minute);
  let reads = 0;
  const read = async () => {
    reads += 1;
    return [];
  };
  expect(await statements.slowest(read, 1)).toEqual({ values: [], isFromStart: true });
  await statements.slowest(read, 1);
  expect(reads).toBe(1);
  expect(await statements.slowest(async () => null, 2)).toBeNull();
});
