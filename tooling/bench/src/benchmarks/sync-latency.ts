import { setTimeout as pause } from "node:timers/promises";
import { createFlusher, stateSubject } from "@mister-smith/sync";
import type { Benchmark } from "../benchmark.ts";
import { emptyState, type SyncStage, stageFacts, stateValue, withSyncStage } from "../sync/sync-stage.ts";

const seconds = 10;
const tickMs = 5;

/** From the call of a write until PostgreSQL has committed its row. */
export const syncLatency: Benchmark = {
  name: "sync-latency",
  summary: "from a write to its committed row, at 1,000 and 5,000 writes a second",
  run: (bench) =>
    withSyncStage(async (stage) => {
      bench.conditions({
        ...stageFacts(stage),
        flusher: "as shipped: 50 keys or 20 ms; load and flusher share one process and both cores",
        load: `${seconds} s of writes at an even pace, the first second left out`,
      });
      for (const rate of [1_000, 5_000]) {
        await emptyState(stage);
        const latencies = await latenciesAt(stage, rate);
        const at = (share: number) => latencies[Math.floor(share * (latencies.length - 1))] ?? Number.NaN;
        const line = (subject: string, value: number) => ({
          bench: "sync-latency",
          case: `${rate.toLocaleString("en")} writes a second`,
          subject,
          value: Number(value.toFixed(1)),
          unit: "ms",
        });
        bench.report([line("p50", at(0.5)), line("p99", at(0.99)), line("longest", at(1))]);
      }
    }),
};

async function latenciesAt({ link, database, agents }: SyncStage, rate: number): Promise<number[]> {
  const began = new Map<number, number>();
  const latencies: number[] = [];
  let committed = 0;
  const settle = () => {
    const now = performance.now();
    for (const [sequence, at] of began) {
      if (sequence > committed) continue;
      began.delete(sequence);
      latencies.push(now - at);
    }
  };
  await using flusher = createFlusher({
    database,
    link,
    onBatch: ({ position }) => {
      committed = position.sequence;
      settle();
    },
  });
  await flusher.start();
  const writing: Promise<void>[] = [];
  const start = performance.now();
  let sent = 0;
  while (performance.now() - start < seconds * 1_000) {
    const due = Math.floor(((performance.now() - start) / 1_000) * rate);
    for (; sent < due; sent += 1) writing.push(write(sent));
    await pause(tickMs);
  }
  await Promise.all(writing);
  while (began.size > 0) {
    await pause(10);
    settle();
  }
  return latencies.toSorted((a, b) => a - b);

  async function write(number: number): Promise<void> {
    const at = performance.now();
    const key = { agentId: agents[number % agents.length] ?? "", stateKey: `key.${number % 997}` };
    const { seq } = await link.js.publish(stateSubject(key), stateValue(number));
    if (at - start > 1_000) began.set(seq, at);
    settle();
  }
}
