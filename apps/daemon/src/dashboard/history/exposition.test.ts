import { type Metric, prometheusText } from "@mister-smith/monitoring";
import { expect, it } from "vitest";
import { createMetrics } from "../../metrics/metrics.ts";
import { readExposition } from "./exposition.ts";

it("reads what prometheusText writes, whatever is in it", () => {
  const size: Metric = {
    name: "smith_size_bytes",
    type: "gauge",
    help: "The size\nof \\ it",
    labels: ["of", "in"],
  };
  const done: Metric = { name: "smith_done_total", type: "counter", help: "What is done", labels: [] };
  const samples = [
    { metric: size, labels: { of: 'a "b",}\n\\n {x="y"', in: "" }, value: 1.5 },
    { metric: size, labels: { of: "<script>", in: "z" }, value: Number.POSITIVE_INFINITY },
    { metric: done, labels: {}, value: 3e21 },
  ];
  expect([...readExposition(prometheusText(samples)).values()]).toEqual([
    {
      name: "smith_size_bytes",
      type: "gauge",
      help: "The size\nof \\ it",
      samples: samples.slice(0, 2).map(({ labels, value }) => ({ labels, value })),
    },
    {
      name: "smith_done_total",
      type: "counter",
      help: "What is done",
      samples: [{ labels: {}, value: 3e21 }],
    },
  ]);
});

it("reads what the daemon shows of itself, without buckets", async () => {
  const metrics = createMetrics("1.2.3");
  metrics.flushBatchKeys.observe(7);
  metrics.deadLetters.set({ pipe: "flush" }, 2);
  const shown = readExposition(await metrics.shown());
  expect(shown.get("smith_daemon_info")?.samples).toEqual([{ labels: { version: "1.2.3" }, value: 1 }]);
  expect(shown.get("smith_sync_dead_letters")).toMatchObject({
    type: "gauge",
    help: "Dead letters that wait for a person",
    samples: [{ labels: { pipe: "flush" }, value: 2 }],
  });
  expect(shown.get("smith_sync_flush_batch_keys_sum")?.samples).toEqual([{ labels: {}, value: 7 }]);
  expect([...shown.keys()].filter((name) => name.endsWith("_bucket"))).toEqual([]);
});
