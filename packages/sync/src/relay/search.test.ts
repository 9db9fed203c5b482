import { describe, expect, it } from "vitest";
import { advance, freshSearch, type Look, type Search, sweep } from "./search.ts";

const settled: Search = { high: 10, gaps: [], sweptTo: undefined };
const look = (ids: readonly number[], more: Partial<Look> = {}): Look => ({
  ids,
  whole: true,
  oldestRunning: 100,
  nextTransaction: 100,
  ...more,
});

describe("the search for unpublished events", () => {
  it("goes on above what it has found", () => {
    expect(advance(settled, look([11, 12]))).toEqual({ high: 12, gaps: [], sweptTo: undefined });
  });

  it("remembers a number that is missing until the transactions of that moment have ended", () => {
    const missing = advance(settled, look([11, 13], { oldestRunning: 90, nextTransaction: 100 }));
    expect(missing.gaps).toEqual([{ from: 12, to: 12, before: 100 }]);
    const waiting = advance(missing, look([], { oldestRunning: 99, nextTransaction: 120 }));
    expect(waiting.gaps).toEqual([{ from: 12, to: 12, before: 100 }]);
    expect(advance(waiting, look([], { oldestRunning: 100 })).gaps).toEqual([]);
  });

  it("keeps what is left of a gap when a part of it was found", () => {
    const gaps = [{ from: 3, to: 8, before: 100 }];
    expect(advance({ ...settled, gaps }, look([5], { oldestRunning: 90 })).gaps).toEqual([
      { from: 3, to: 4, before: 100 },
      { from: 6, to: 8, before: 100 },
    ]);
  });

  it("closes no gap, and leaves nothing above, that a look with a limit has not come to", () => {
    const gaps = [
      { from: 3, to: 5, before: 50 },
      { from: 8, to: 8, before: 50 },
    ];
    const after = advance({ ...settled, gaps }, look([4], { whole: false }));
    expect(after).toEqual({
      high: 10,
      gaps: [
        { from: 5, to: 5, before: 50 },
        { from: 8, to: 8, before: 50 },
      ],
      sweptTo: undefined,
    });
  });

  it("takes all numbers below the first event for missing at its start", () => {
    const first = advance(freshSearch, look([40, 41], { oldestRunning: 90 }));
    expect(first).toEqual({ high: 41, gaps: [{ from: 1, to: 39, before: 100 }], sweptTo: undefined });
  });

  it("sweeps from the beginning page by page, and closes only gaps that the page has passed", () => {
    const gaps = [
      { from: 2, to: 2, before: 50 },
      { from: 9, to: 9, before: 50 },
    ];
    const first = advance(sweep({ ...settled, gaps }), look([4, 6], { whole: false }));
    expect(first).toEqual({ high: 10, gaps: [{ from: 9, to: 9, before: 50 }], sweptTo: 6 });
    expect(advance(first, look([12]))).toEqual({
      high: 12,
      gaps: [{ from: 11, to: 11, before: 100 }],
      sweptTo: undefined,
    });
  });
});
