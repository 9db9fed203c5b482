import { expect, it } from "vitest";
import { alertLevel } from "./alert-level.ts";

it.each([
  ["above", 70, 85, 69.9, "ok"],
  ["above", 70, 85, 70, "warning"],
  ["above", 70, 85, 85, "critical"],
  ["below", 95, 90, 95.1, "ok"],
  ["below", 95, 90, 95, "warning"],
  ["below", 95, 90, 90, "critical"],
  ["above", null, 85, 84, "ok"],
  ["above", 70, null, 1000, "warning"],
  ["above", null, null, 1000, "ok"],
] as const)("%s %s and %s, %d is %s", (direction, warning_threshold, critical_threshold, value, level) => {
  expect(alertLevel(value, { direction, warning_threshold, critical_threshold })).toBe(level);
});
