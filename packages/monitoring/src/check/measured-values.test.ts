import { expect, it } from "vitest";
import type { Snapshot } from "../collect/snapshot.ts";
import { counter } from "../metrics/metric.ts";
import { measuredValue } from "./measured-values.ts";

const deadlocks = counter("smith_pg_deadlocks_total", "d");
const counted = (database: string, value: number) => ({ metric: deadlocks, labels: { database }, value });
const databases = {
  name: "databases",
  state: "ok",
  answeredAt: null,
  durationMs: null,
  error: null,
} as const;
const now: Snapshot = { at: new Date(0), samples: [counted("app", 40)], collectors: [databases] };
const measured = (earlier: Pick<Snapshot, "samples"> | null) =>
  measuredValue("deadlock_count_per_hour", now, () => earlier, "app");

it("counts old deadlocks as none of the last hour: what was not seen earlier is no 0 to count from", () => {
  const unknown = { noData: "needs an earlier look to count from", absence: "idle" };
  expect(measured(null)).toEqual(unknown);
  expect(measured({ samples: [] })).toEqual(unknown);
  expect(measured({ samples: [counted("other", 3)] })).toEqual(unknown);
  expect(measured({ samples: [counted("app", 38)] })).toEqual({ value: 2 });
  expect(measured({ samples: [counted("app", 50)] })).toEqual({ value: 40 });
});
