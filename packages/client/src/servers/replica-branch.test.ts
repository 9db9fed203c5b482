import { describe, expect, it } from "vitest";
import { followsPrimary, isAhead } from "./replica-branch.ts";

describe("the branch of the log that a replica is on", () => {
  it.each([
    ["the same timeline", { timeline: 2, wasAhead: false }, { first: 1, latest: 2 }, true],
    ["an older timeline", { timeline: 1, wasAhead: false }, { first: 1, latest: 2 }, false],
    ["a newer timeline", { timeline: 3, wasAhead: false }, { first: 1, latest: 2 }, false],
    ["no timeline and no promotion", { timeline: undefined, wasAhead: false }, { first: 2, latest: 2 }, true],
    [
      "no timeline after a promotion",
      { timeline: undefined, wasAhead: false },
      { first: 1, latest: 2 },
      false,
    ],
    ["no timeline and too much log", { timeline: undefined, wasAhead: true }, { first: 2, latest: 2 }, false],
    ["a primary that was not seen yet", { timeline: 1, wasAhead: false }, undefined, true],
  ])("is judged by %s", (_case, replica, writes, follows) => {
    expect(followsPrimary(replica, writes)).toBe(follows);
  });

  it("is another one when it has log that the primary, asked later, has not", () => {
    expect(isAhead({ newest: 10n, newestAt: 5 }, 11n, 5)).toBe(true);
  });

  it.each([
    ["the primary was asked before", { newest: 10n, newestAt: 4 }, 11n],
    ["the primary has as much", { newest: 11n, newestAt: 5 }, 11n],
    ["the primary was not asked", { newest: undefined, newestAt: undefined }, 11n],
  ])("is not told by its position when %s", (_case, history, replayed) => {
    expect(isAhead(history, replayed, 5)).toBe(false);
  });
});
