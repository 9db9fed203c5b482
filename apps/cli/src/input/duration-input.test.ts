import { describe, expect, it } from "vitest";
import { durationInput } from "./duration-input.ts";

describe("a duration of the command line", () => {
  it.each([
    ["250ms", 250],
    ["90s", 90_000],
    ["10m", 600_000],
    ["2h", 7_200_000],
    ["30d", 2_592_000_000],
    ["4w", 2_419_200_000],
    ["0s", 0],
  ])("%s is %d ms", (text, ms) => {
    expect(durationInput.parse(text)).toBe(ms);
  });

  it.each(["", "10", "10 m", "-1s", "1.5h", "1y", "36501d", "99999999999s"])(
    "%j is refused with examples",
    (text) => {
      expect(durationInput.safeParse(text).error?.issues[0]?.message).toContain("such as 90s, 10m");
    },
  );
});
