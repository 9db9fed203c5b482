import { describe, expect, it } from "vitest";
import { Ring } from "./ring.ts";

const ring = (series = 1, steps = 4) => new Ring({ series, stepMs: 1_000, steps });

describe("a ring", () => {
  it("gives the mean of what came within a step, of each series by itself", () => {
    const two = ring(2);
    two.add(10_000, [1, null]);
    two.add(10_900, [3, 7]);
    two.add(11_000, [null, 8]);
    expect(two.after(0)).toEqual({
      times: [10, 11],
      values: [
        [2, null],
        [7, 8],
      ],
    });
  });

  it("forgets what is older than its steps", () => {
    const four = ring();
    for (let second = 1; second <= 6; second += 1) four.add(second * 1_000, [second]);
    expect(four.after(0)).toEqual({ times: [3, 4, 5, 6], values: [[3, 4, 5, 6]] });
    four.add(60_000, [60]);
    expect(four.after(0)).toEqual({ times: [60], values: [[60]] });
  });

  it("gives only what is newer than what the asker has", () => {
    const four = ring();
    for (const second of [1, 2, 3]) four.add(second * 1_000, [second]);
    expect(four.after(2_000).times).toEqual([3]);
    expect(four.after(3_000)).toEqual({ times: [], values: [[]] });
  });

  it("says where nothing was added for long, and not where a timer was late once", () => {
    const eight = ring(1, 8);
    for (const second of [1, 3, 7]) eight.add(second * 1_000, [second]);
    expect(eight.after(0)).toEqual({ times: [1, 3, 4, 7], values: [[1, 3, null, 7]] });
  });

  it("goes on when the clock is set back, in its last step", () => {
    const four = ring();
    four.add(5_000, [1]);
    four.add(2_000, [3]);
    expect(four.after(0)).toEqual({ times: [5], values: [[2]] });
  });

  it("is empty before anything was added", () => {
    expect(ring().after(0)).toEqual({ times: [], values: [[]] });
  });
});
