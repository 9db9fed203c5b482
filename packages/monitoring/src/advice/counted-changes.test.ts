import { describe, expect, it } from "vitest";
import { type CountedChanges, shareRecorded } from "./counted-changes.ts";

const counted = (differs: Partial<CountedChanges>): CountedChanges => ({
  inserted: 900,
  updated: 60,
  updatedHot: 0,
  deleted: 40,
  sinceAnalyze: 0,
  analyzedAt: null,
  ...differs,
});

describe("changes while statements were recorded", () => {
  it.each([
    ["all, where the counters began no earlier", counted({}), 100, 1],
    ["none, where all was analysed before", counted({ analyzedAt: 90 }), 0, 0],
    ["those since an ANALYZE before", counted({ analyzedAt: 90, sinceAnalyze: 250 }), 0, 0.25],
    ["all that may be, without an ANALYZE", counted({ sinceAnalyze: 1000 }), 0, 1],
    ["an even part of those before a later ANALYZE", counted({ analyzedAt: 200 }), 0, 0.5],
    ["and those since it", counted({ analyzedAt: 200, sinceAnalyze: 500 }), 0, 0.75],
    ["no more than all", counted({ analyzedAt: 90, sinceAnalyze: 5000 }), 0, 1],
    ["none of nothing", counted({ inserted: 0, updated: 0, deleted: 0 }), 0, 0],
  ])("are %s", (_, changes, counters, share) => {
    expect(shareRecorded(changes, { statements: 100, counters })).toBe(share);
  });
});
