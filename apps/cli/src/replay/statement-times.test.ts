import { describe, expect, it } from "vitest";
import { StatementTimes } from "./statement-times.ts";

describe("statement times", () => {
  it("gives percentiles by the name of the statement, the slowest first", () => {
    const times = new StatementTimes();
    for (let ms = 1; ms <= 100; ms++) times.add("fast", ms);
    times.add("slow", 500);
    expect(times.slowest()).toEqual([
      { statement: "slow", calls: 1, totalMs: 500, p50Ms: 500, p99Ms: 500, maxMs: 500 },
      { statement: "fast", calls: 100, totalMs: 5050, p50Ms: 50, p99Ms: 99, maxMs: 100 },
    ]);
  });

  it("counts a statement that failed, and passes on its error", async () => {
    const times = new StatementTimes();
    await expect(times.measure("s", () => Promise.reject(new TypeError("no")))).rejects.toThrow("no");
    expect(times.slowest()).toMatchObject([{ statement: "s", calls: 1 }]);
  });
});
