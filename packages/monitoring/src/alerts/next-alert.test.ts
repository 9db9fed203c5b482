import { expect, it } from "vitest";
import { alertLevel } from "../check/alert-level.ts";
import type { Absence } from "../check/measured-values.ts";
import { type Alert, type AlertChange, newAlert, nextAlert, type Observed } from "./next-alert.ts";

const start = Date.UTC(2026, 0, 1);
const holdMs = 60_000;

const textOf = ({ state, severity }: AlertChange) => (severity === null ? state : `${state} ${severity}`);
const repeated = <Value>(times: number, ...values: Value[]) =>
  Array.from({ length: times }, () => values).flat();

type Look = number | null | "!" | "idle" | "absent";

/**
 * What is told of a metric, looked at every `everyMs`, by its values; null is a look without data, "idle" and "absent" are such by their
 * nature, "!" is one that failed.
 */
function told(
  values: readonly Look[],
  {
    metric = "deadlock_count_per_hour",
    direction = "above",
    warning = 70,
    critical = 85,
    everyMs = 30_000,
    hold = holdMs,
  }: {
    metric?: string;
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
    const value = typeof given === "number" ? given : null;
    const absence = value !== null || given === "!" ? null : given === null ? "hidden" : (given as Absence);
    const seen: Observed = {
      metric,
      absence,
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
it.each<[string, Look[], string[]]>([
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
  ["what cannot be measured for long", [10, null, null, null, 10, 10, 10], ["no data", "ok"]],
  ["what cannot be measured for a moment", [10, null, 10], []],
  ["what fires and cannot be measured for a moment", [80, 80, 80, null, null, 80, 80], ["firing warning"]],
  [
    "what fires and cannot be measured any more, and is over",
    [90, 90, 90, null, null, null, null, 10, 10, 10],
    ["firing critical", "no data", "ok"],
  ],
  [
    "what fires, and is not there any more, as a replica that died",
    [90, 90, 90, ...repeated(5, "absent" as const)],
    ["firing critical", "no data"],
  ],
  [
    "what was past a threshold, but not for long, and vanished",
    [10, 90, ...repeated(5, "absent" as const)],
    ["no data"],
  ],
  ["what is not there by its nature", repeated(9, "absent" as const), []],
  [
    "what comes that never was there, and is bad",
    ["absent", "absent", "absent", 80, 80, 80],
    ["firing warning"],
  ],
  ["what has nothing to judge at times", [10, ...repeated(9, "idle" as const), 10], []],
  [
    "what fires, and has nothing to judge any more",
    [90, 90, 90, ...repeated(4, "idle" as const)],
    ["firing critical", "ok"],
  ],
  [
    "what comes back, and is bad for a moment, as a replica that catches up",
    [10, null, null, null, 90, 10, null, 90, 10, null, null, null, 90, 10, 10, 10],
    ["no data", "ok"],
  ],
  ["what was not measured and is bad", [null, null, null, 80, 80, 80], ["no data", "firing warning"]],
  ["what fails to be measured for long", [10, "!", "!", "!", 10, 10, 10], ["error", "ok"]],
  ["what fails to be measured for a moment", [10, "!", 10], []],
  [
    "what fails to be measured, and then has nothing to measure",
    ["!", "!", "!", null, "!", null, null, null],
    ["error", "no data"],
  ],
  ["what fires and fails to be measured", [80, 80, 80, "!", "!", "!"], ["firing warning", "error"]],
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

it("tells once of what is there for ten seconds of every eighty, a hundred times", () => {
  const comesAndGoes = repeated<Look>(100, 10, ...repeated(7, "absent" as const));
  expect(told(comesAndGoes, { everyMs: 10_000 })).toEqual(["no data"]);
});

it.each([99, 99.9, 97])("lets a ratio with a warning at %d be over", (warning) => {
  const ratio = { metric: "cache_hit_ratio", direction: "below", warning, critical: 90 } as const;
  const changes = ["firing warning", "ok"];
  expect(told([...repeated(4, 95), ...repeated(4, 99.99)], ratio)).toEqual(changes);
  expect(told([...repeated(4, 95), ...repeated(100, warning + 0.01)], ratio)).toEqual(["firing warning"]);
});
