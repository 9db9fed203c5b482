import { expect, it } from "vitest";
import { prometheusText } from "../exposition/prometheus-text.ts";
import { counter, gauge } from "./metric.ts";

it.each([
  () => gauge("pg_up", "a name of others"),
  () => gauge("smith_Up", "a capital"),
  () => gauge("smith_done_total", "a counter's name"),
  () => counter("smith_done", "no counter's name"),
  () => gauge("smith_up", "a label that is none", "a b"),
])("refuses a metric that Prometheus or its conventions would not have: %s", (declare) => {
  expect(declare).toThrow(TypeError);
});

it("writes series of a metric together, with what is odd escaped", () => {
  const size = gauge("smith_size_bytes", "The size\nof \\ it", "of");
  const done = counter("smith_done_total", "What is done");
  const text = prometheusText([
    { metric: size, labels: { of: 'a "b"\n\\' }, value: 1.5 },
    { metric: done, labels: {}, value: 3 },
    { metric: size, labels: { of: "c" }, value: Number.POSITIVE_INFINITY },
  ]);
  expect(text).toBe(String.raw`# HELP smith_size_bytes The size\nof \\ it
# TYPE smith_size_bytes gauge
smith_size_bytes{of="a \"b\"\n\\"} 1.5
smith_size_bytes{of="c"} +Inf
# HELP smith_done_total What is done
# TYPE smith_done_total counter
smith_done_total 3
`);
});
