import { expect, it } from "vitest";
import { alertLevel } from "../check/alert-level.ts";
import { type Alert, type AlertChange, newAlert, nextAlert, type Observed } from "./next-alert.ts";

const start = Date.UTC(2026, 0, 1);
const holdMs = 60_000;

/** What is told of a metric, looked at every `everyMs`, by its values; null is a look without data, "!" one that failed. */
function told(
  values: readonly (number | null | "!")[],
  {
    direction = "above",
    warning = 70,
    critical = 85,
    everyMs = 30_000,
    hold = holdMs,
  }: {
    direction?: "above" | "below";
    warning?: number | null;
    critical?: number | null;
    everyMs?: number;
    hold?: number;
  } = {},
): string[] {
  let alert: Alert = newAlert(new Date(start));
  const changes: string[] = [];
  for (const [at, given] of values.entries()) {
    const value = given === "!" ? null : given;
    const seen: Observed = {
      value,
      warning,
      critical,
      direction,
      level:
        value === null
          ? given === "!"
            ? "error"
            : "no data"
          : alertLevel(value, { warning_threshold: warning, critical_threshold: critical, direction }),
    };
    const next = nextAlert(alert, seen, hold, new Date(start + at * everyMs));
    alert = next.alert;
    if (next.change !== null) changes.push(textOf(next.change));
  }
  return changes;
}
const textOf = ({ state, severity }: AlertChange) => (severity === null ? state : `${state} ${severity}`);
const repeated = <Value>(times: number, ...values: Value[]) =>
  Array.from({ length: times }, () => values).flat();

it.each<[string, (number | null | "!")[], string[]]>([
  ["what is well", [10, 20, 69.9], []],
  ["what is bad for a moment", [90, 10, 90, 10], []],
  ["what is bad for long", [80, 80, 80], ["firing warning"]],
  ["what is very bad for long", [90, 90, 90], ["firing critical"]],
  ["what becomes worse, at once", [80, 80, 80, 90], ["firing warning", "firing critical"]],
  [
    "what becomes better, and well, after a while",
    [90, 90, 90, 75, 75, 75, 10, 10, 10],
    ["firing critical", "firing warning", "ok"],
  ],
  ["what is well for a moment", [90, 90, 90, 10, 90, 10, 90], ["firing critical"]],
  ["what cannot be measured for long", [10, null, null, null, 10], ["no data", "ok"]],
  ["what cannot be measured for a moment", [10, null, 10], []],
  ["what fires and cannot be measured", [80, 80, 80, null, null, null, null], ["firing warning"]],
  ["what was not measured and is bad", [null, null, null, 80, 80, 80], ["no data", "firing warning"]],
  ["what fails to be measured for long", [10, "!", "!", "!", 10], ["error", "ok"]],
  ["what fails to be measured for a moment", [10, "!", 10], []],
  [
    "what fails to be measured, and then has nothing to measure",
    ["!", "!", "!", null, "!", null, null, null],
    ["error", "no data"],
  ],
  ["what fires and fails to be measured", [80, 80, 80, "!", "!", "!"], ["firing warning"]],
])("tells of %s what is worth telling: %j", (_, values, changes) => {
  expect(told(values)).toEqual(changes);
});

it("tells twice at most of a value that dances on the line a hundred times", () => {
  expect(told(repeated(100, 69.9, 70.1)).length).toBe(0);
  expect(told([...repeated(4, 80), ...repeated(100, 69.9, 70.1)])).toEqual(["firing warning"]);
  expect(told([...repeated(4, 80), ...repeated(100, 69.9, 70.1)], { hold: 0 })).toEqual(["firing warning"]);
  expect(told([...repeated(4, 90), ...repeated(100, 84.9, 85.1)], { hold: 0 })).toEqual(["firing critical"]);
  expect(told(repeated(100, 69.9, 70.1), { hold: 0 })).toEqual(["firing warning"]);
});

it("goes by the direction", () => {
  const below = { direction: "below", warning: 95, critical: 90 } as const;
  expect(told(repeated(4, 99), below)).toEqual([]);
  expect(told(repeated(4, 94), below)).toEqual(["firing warning"]);
  expect(told([...repeated(4, 80), ...repeated(4, 100)], below)).toEqual(["firing critical", "ok"]);
  expect(told([...repeated(4, 94), ...repeated(100, 95.1, 94.9)], { ...below, hold: 0 })).toEqual([
    "firing warning",
  ]);
});

it("has no alert without a threshold, and one of a critical threshold alone", () => {
  expect(told(repeated(5, 99), { warning: null, critical: null })).toEqual([]);
  expect(told([...repeated(4, 99), ...repeated(4, 1)], { warning: null })).toEqual(["firing critical", "ok"]);
});
