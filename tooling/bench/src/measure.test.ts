import { describe, expect, it } from "vitest";
import { measureCase, median } from "./measure.ts";

describe("the median", () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[7], 7],
  ])("of %j is %d", (values, expected) => {
    expect(median(values)).toBe(expected);
  });
});

describe("measuring a case", () => {
  it("runs the subjects in turn, does not count the first round, and gives ours its ratios", async () => {
    const order: string[] = [];
    const subject = (name: string, seconds: readonly number[], ours = false) => {
      let round = 0;
      const next = async () => {
        order.push(name);
        round += 1;
        return seconds[round - 1] ?? Number.NaN;
      };
      return { name, ours, round: next };
    };
    const results = await measureCase("b", {
      name: "c",
      unit: "rows/s",
      amount: 100,
      rounds: 3,
      subjects: [subject("ours", [9, 1, 2, 3], true), subject("peer", [9, 4, 4, 5])],
    });
    expect(order).toEqual(["ours", "peer", "peer", "ours", "ours", "peer", "peer", "ours"]);
    expect(results).toEqual([
      { bench: "b", case: "c", subject: "ours", value: 50, unit: "rows/s", ratios: { peer: 2 } },
      { bench: "b", case: "c", subject: "peer", value: 25, unit: "rows/s" },
    ]);
  });
});
