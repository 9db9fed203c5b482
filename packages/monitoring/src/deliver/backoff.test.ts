import { expect, it } from "vitest";
import { backoffMs } from "./backoff.ts";

it("waits twice as long after each try, and five minutes at most", () => {
  expect([1, 2, 3, 8, 9, 1_000_000].map(backoffMs)).toEqual([2_000, 4_000, 8_000, 256_000, 300_000, 300_000]);
});

it("tries twenty times in the first hour and not more than two hundred in twelve", () => {
  const triesWithin = (ms: number) => {
    let tries = 0;
    for (let at = 0; at <= ms; at += backoffMs(tries)) tries += 1;
    return tries;
  };
  expect(triesWithin(3_600_000)).toBeGreaterThanOrEqual(19);
  expect(triesWithin(12 * 3_600_000)).toBeLessThanOrEqual(200);
});
