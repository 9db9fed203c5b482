import { describe, expect, it } from "vitest";
import { momentInput } from "./moment-input.ts";

describe("a point in time of the command line", () => {
  it.each([
    ["2026-11-23T02:30:00Z", "2026-11-23T02:30:00.000Z"],
    ["2026-11-23T02:30:00.125Z", "2026-11-23T02:30:00.125Z"],
    ["2026-11-23T02:30:00+02:00", "2026-11-23T00:30:00.000Z"],
    ["2026-11-23T02:30:00", "2026-11-23T02:30:00.000Z"],
    ["2026-11-23", "2026-11-23T00:00:00.000Z"],
  ])("%s is %s", (text, iso) => {
    expect(momentInput.parse(text).toISOString()).toBe(iso);
  });

  it("counts a duration back from now", () => {
    const before = Date.now() - 7_200_000;
    const moment = momentInput.parse("2h").getTime();
    expect(moment).toBeGreaterThanOrEqual(before);
    expect(moment).toBeLessThanOrEqual(Date.now() - 7_200_000);
  });

  it.each(["", "yesterday", "2026-02-30", "2026-13-01T00:00:00Z", "23:00"])(
    "%j is refused with examples",
    (text) => {
      expect(momentInput.safeParse(text).error?.issues[0]?.message).toContain("such as 2026-11-23T02:30:00Z");
    },
  );
});
