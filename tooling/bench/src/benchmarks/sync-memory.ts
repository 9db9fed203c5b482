import { setTimeout as pause } from "node:timers/promises";
import { readPosition, stateStream, stateSubject } from "@mister-smith/sync";
import type pg from "pg";
import type { Benchmark, BenchmarkContext } from "../benchmark.ts";
import { growthOf, type MemoryMark, MemorySeries } from "../sync/memory-series.ts";
import { type Smithd, startSmithd } from "../sync/smithd.ts";
import {
  pipelined,
  type SyncStage,
  stageFacts,
  stateValue,
  taskStreamBytes,
  withSyncStage,
} from "../sync/sync-stage.ts";

const defaultKeys = 1_000_000;
const stretches = 10;
const agentCount = 1_000;
const atOnce = 256;
/** Neither side may stand still for so long, in milliseconds. */
const patienceMs = 120_000;

/** Whether smithd takes more memory the more keys it has brought over, in either direction. */
export const syncMemory: Benchmark = {
  name: "sync-memory",
  summary: "memory of smithd while it flushes a million keys, and while it hydrates them (--keys N)",
  run: (bench) =>
    withSyncStage(async (stage) => {
      const keys = bench.keys ?? defaultKeys;
      bench.conditions({
        ...stageFacts(stage),
        smithd: "apps/daemon/dist/main.js with all roles and events on, as shipped",
        load: `${keys} keys of ${agentCount} agents, ${atOnce} writes in flight; then the bucket is deleted`,
        measured: "of each stretch the most that was resident, and the least that the heap had in use",
      });
      const agents = await registered(stage);
      await using smithd = await startSmithd({
        SMITH_DATABASE_URL: stage.url,
        SMITH_NATS_URL: stage.nats.url,
        SMITH_SYNC_STREAMS_TASK_EXECUTION_MAX_BYTES: String(taskStreamBytes),
      });
      reportSeries(bench, "flushed", await flushed(stage, smithd, agents, keys));
      reportSeries(bench, "hydrated after the bucket was lost", await hydrated(stage, smithd, keys));
    }),
};

async function registered({ database }: SyncStage): Promise<readonly string[]> {
  const agents = Array.from({ length: agentCount }, (_, n) => ({
    agentType: "bench",
    agentName: `of many ${n}`,
  }));
  return (await database.agents.registerMany(agents)).map(({ agentId }) => agentId);
}

async function flushed(
  { link, database, pool }: SyncStage,
  smithd: Smithd,
  agents: readonly string[],
  keys: number,
): Promise<readonly MemoryMark[]> {
  using series = new MemorySeries(smithd);
  let written = 0;
  for (const until of stretchesOf(keys)) {
    const from = written;
    await pipelined(until - from, atOnce, async (n) => {
      const number = from + n;
      const agentId = agents[number % agents.length] ?? "";
      const stateKey = `key.${Math.floor(number / agents.length)}`;
      await link.js.publish(stateSubject({ agentId, stateKey }), stateValue(number));
    });
    written = until;
    const { state } = await link.manager.streams.info(stateStream);
    await reached(async () => (await readPosition(database))?.sequence ?? 0, state.last_seq, "flushes");
    await series.mark(written);
  }
  // Of every key there is an event too.
  await reached(async () => -(await pending(pool)), 0, "relays");
  await series.mark(written);
  return series.marks;
}

async function hydrated({ link }: SyncStage, smithd: Smithd, keys: number): Promise<readonly MemoryMark[]> {
  using series = new MemorySeries(smithd);
  const before = await metric(smithd, "smith_sync_hydrated_keys_total");
  await link.manager.streams.delete(stateStream);
  const inBucket = () =>
    link.manager.streams.info(stateStream).then(
      ({ state }) => state.messages,
      () => 0,
    );
  for (const until of stretchesOf(keys)) {
    await reached(inBucket, until, "hydrates");
    await series.mark(until);
  }
  await reached(() => metric(smithd, "smith_sync_hydrated_keys_total"), before + keys, "hydrates");
  return series.marks;
}

function stretchesOf(keys: number): readonly number[] {
  return Array.from({ length: stretches }, (_, n) => Math.round(((n + 1) * keys) / stretches));
}

async function pending(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query("SELECT count(*)::INTEGER AS count FROM sync.outbox_pending");
  return rows[0].count;
}

async function metric(smithd: Smithd, name: string): Promise<number> {
  return (await smithd.metrics()).get(name) ?? 0;
}

async function reached(look: () => Promise<number>, wanted: number, what: string): Promise<void> {
  let last = Number.NEGATIVE_INFINITY;
  let movedAt = performance.now();
  for (;;) {
    const now = await look();
    if (now >= wanted) return;
    if (now !== last) movedAt = performance.now();
    if (performance.now() - movedAt > patienceMs)
      throw new Error(`smithd ${what} no more: ${now} of ${wanted}`);
    last = now;
    await pause(250);
  }
}

function reportSeries(bench: BenchmarkContext, name: string, marks: readonly MemoryMark[]): void {
  const mib = (bytes: number) => Number((bytes / 2 ** 20).toFixed(1));
  for (const [what, of] of [
    ["resident memory", (mark: MemoryMark) => mark.resident],
    ["heap in use", (mark: MemoryMark) => mark.heap],
  ] as const) {
    const line = (subject: string, bytes: number) => ({
      bench: "sync-memory",
      case: `${name}: ${what}`,
      subject,
      value: mib(bytes),
      unit: "MiB",
    });
    bench.report([
      ...marks.map((mark) => line(`${mark.keys.toLocaleString("en")} keys`, of(mark))),
      line("growth from the first third to the last", growthOf(marks.map(of))),
    ]);
  }
}
