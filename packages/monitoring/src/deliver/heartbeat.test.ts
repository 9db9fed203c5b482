import { expect, it } from "vitest";
import { isLate } from "./heartbeat.ts";

it("calls a sign of life late when four were left out, and not before half a minute", () => {
  expect(isLate(60_000, 15_000)).toBe(false);
  expect(isLate(60_001, 15_000)).toBe(true);
  expect(isLate(30_000, 1_000)).toBe(false);
  expect(isLate(30_001, 1_000)).toBe(true);
  // A clock that was put back makes it none.
  expect(isLate(-5_000, 1_000)).toBe(false);
});
