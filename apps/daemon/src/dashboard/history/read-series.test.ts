import { allCollectors } from "@mister-smith/monitoring";
import { expect, it } from "vitest";
import { createMetrics } from "../../metrics/metrics.ts";
import type { ChartSeries, Reading } from "./chart.ts";
import { charts } from "./charts.ts";
import { readExposition } from "./exposition.ts";
import { readSeries } from "./read-series.ts";

const series = (...readings: Reading[]): ChartSeries[] =>
  readings.map((reading) => ({ label: "one", reading }));
const look = (atMs: number, text: string) => ({ atMs, shown: readExposition(text) });

it("adds up series, or takes the largest, of those that are meant, and knows nothing where there are none", () => {
  const now = look(0, 'a{of="x"} 1\na{of="y"} 2\n');
  const readings = series(
    { kind: "value", metric: "a", of: "sum" },
    { kind: "value", metric: "a", of: "largest" },
    { kind: "value", metric: "a", where: { of: "x" }, of: "sum" },
    { kind: "value", metric: "a", where: { of: "z" }, of: "sum" },
    { kind: "value", metric: "b", of: "sum" },
    { kind: "value", metric: "b", of: "sum", orNoneWith: "a" },
    { kind: "value", metric: "b", of: "sum", orNoneWith: "c" },
  );
  expect(readSeries(readings, now, undefined)).toEqual([3, 2, 1, null, null, 0, null]);
});

/** A collector's counters, when it was answered at a second, and the server's clock, which another collector reads. */
const measured = (commits: number, answeredAt: number, clock: number) =>
  `smith_pg_commits_total{database="a"} ${commits}\nsmith_pg_clock_seconds ${clock}\n` +
  `smith_monitor_collector_last_answer_timestamp_seconds{collector="databases"} ${answeredAt}\n`;

it("makes rates of counters: of what a collector counts by the time between its answers, and none where one began anew", () => {
  const before = look(0, `own_total 10\nreset_total 9\n${measured(10, 100, 1)}`);
  const now = look(2_000, `own_total 30\nreset_total 1\n${measured(30, 105, 2)}`);
  const readings = series(
    ...["own_total", "smith_pg_commits_total", "reset_total", "absent_total"].map(
      (metric): Reading => ({ kind: "rate", metric }),
    ),
  );
  expect(readSeries(readings, now, before)).toEqual([10, 4, null, null]);
  expect(readSeries(readings, now, undefined)).toEqual([null, null, null, null]);
});

it("takes what was not measured again for as it was, and what was measured and did not grow for standing still", () => {
  const commits = series({ kind: "rate", metric: "smith_pg_commits_total" });
  const first = look(0, measured(30, 105, 2));
  // Another collector is answered at another time.
  expect(readSeries(commits, look(1_000, measured(30, 105, 17)), first, [4])).toEqual([4]);
  expect(readSeries(commits, look(1_000, measured(30, 120, 2)), first, [4])).toEqual([0]);
  expect(readSeries(commits, look(1_000, measured(60, 120, 2)), first, [4])).toEqual([2]);
  expect(readSeries(commits, look(1_000, ""), first, [4])).toEqual([null]);
});

it("makes shares of what two counters grow by", () => {
  const share = series({ kind: "share", metric: "hit", other: "read" });
  expect(readSeries(share, look(1, "hit 103\nread 1\n"), look(0, "hit 100\nread 0\n"))).toEqual([75]);
  expect(readSeries(share, look(1, "hit 100\nread 0\n"), look(0, "hit 100\nread 0\n"))).toEqual([null]);
});

it("draws only what the registry of metrics has, by the names that it has there", () => {
  const known = new Set([
    ...allCollectors.flatMap(({ metrics }) => Object.values(metrics).map(({ name }) => name)),
    ...createMetrics("1")
      .registry.getMetricsAsArray()
      .map(({ name }) => name),
  ]);
  const drawn = charts.flatMap((chart) =>
    chart.series.flatMap(({ reading }) =>
      reading.kind === "share"
        ? [reading.metric, reading.other]
        : reading.kind === "value" && reading.orNoneWith !== undefined
          ? [reading.metric, reading.orNoneWith]
          : [reading.metric],
    ),
  );
  expect(drawn.filter((name) => !known.has(name))).toEqual([]);
  const ids = charts.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});
