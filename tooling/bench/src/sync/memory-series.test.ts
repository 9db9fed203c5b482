import { describe, expect, it } from "vitest";
import { growthOf } from "./memory-series.ts";

describe("the growth of a series", () => {
  it("is from the mean of its first third to that of its last", () => {
    expect(growthOf([10, 12, 14, 50, 50, 50, 50, 13, 15, 17])).toBe(3);
    expect(growthOf([5, 4])).toBe(-1);
    expect(growthOf([7])).toBe(0);
  });
});
