import { expect, it } from "vitest";
import { counter } from "../metrics/metric.ts";
import { createHistory } from "./history.ts";

const deadlocks = counter("smith_pg_deadlocks_total", "d");
const other = counter("smith_pg_commits_total", "o");
const seen = (value: number) => ({
  samples: [
    { metric: deadlocks, labels: {}, value },
    { metric: other, labels: {}, value },
  ],
});
const minute = 60_000;

it("takes a look that was not answered for nothing to count from", () => {
  const history = createHistory(new Set(["smith_pg_deadlocks_total"]), 60 * minute);
  history.note({ samples: [] }, 0);
  expect(history.before(minute)(60 * minute)).toBeNull();
  history.note(seen(40), minute);
  history.note({ samples: [] }, 2 * minute);
  expect(
    history
      .before(2 * minute)(0)
      ?.samples.map(({ value }) => value),
  ).toEqual([40]);
});

it("counts from an hour ago, or from as long ago as there is something known, and keeps no more than that needs", () => {
  const history = createHistory(new Set(["smith_pg_deadlocks_total"]), 60 * minute);
  const from = (at: number, ageMs = 60 * minute) =>
    history
      .before(at)(ageMs)
      ?.samples.map(({ value }) => value);
  expect(from(0)).toBeUndefined();
  // Looks every 15 seconds for two hours; each has counted its minute.
  for (let at = 0; at <= 120 * minute; at += 15_000) {
    history.note(seen(Math.floor(at / minute)), at);
    if (at === 30 * minute) expect(from(at)).toEqual([0]);
  }
  expect(from(120 * minute)).toEqual([60]);
  expect(from(120 * minute, 10 * minute)).toEqual([110]);
  expect(from(120 * minute, 1_000 * minute)).toEqual([60]);
});
