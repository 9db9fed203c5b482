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

it("makes rates of counters: of PostgreSQL's by its clock, and none where one began anew", () => {
  const before = look(0, "own_total 10\nsmith_pg_x_total 10\nreset_total 9\nsmith_pg_clock_seconds 100\n");
  const now = look(2_000, "own_total 30\nsmith_pg_x_total 30\nreset_total 1\nsmith_pg_clock_seconds 105\n");
  const readings = series(
    ...["own_total", "smith_pg_x_total", "reset_total", "absent_total"].map(
      (metric): Reading => ({ kind: "rate", metric }),
    ),
  );
  expect(readSeries(readings, now, before)).toEqual([10, 4, null, null]);
  expect(readSeries(readings, now, undefined)).toEqual([null, null, null, null]);
  const notAgain = look(3_000, "smith_pg_x_total 30\nsmith_pg_clock_seconds 105\n");
  expect(readSeries(readings.slice(1, 2), notAgain, now, [4])).toEqual([4]);
  expect(readSeries(readings.slice(1, 2), look(4_000, ""), now, [4])).toEqual([null]);
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
