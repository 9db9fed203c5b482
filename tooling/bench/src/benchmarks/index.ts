import type { Benchmark } from "../benchmark.ts";
import { bloat } from "./bloat.ts";
import { clientQueries } from "./client-queries.ts";
import { explainable } from "./explainable.ts";
import { indexAdvice } from "./index-advice.ts";
import { migrations } from "./migrations.ts";
import { monitorCost } from "./monitor-cost.ts";
import { startup } from "./startup.ts";
import { stateIndexes } from "./state-indexes.ts";
import { syncFlush } from "./sync-flush.ts";
import { syncHydrate } from "./sync-hydrate.ts";
import { syncLatency } from "./sync-latency.ts";
import { syncMemory } from "./sync-memory.ts";
import { syncPuts } from "./sync-puts.ts";
import { syncRelay } from "./sync-relay.ts";
import { syncTriggers } from "./sync-triggers.ts";
import { taskQueue } from "./task-queue.ts";
import { taskQueueBacklog } from "./task-queue-backlog.ts";
import { taskQueueOldSnapshot } from "./task-queue-old-snapshot.ts";
import { taskQueuePrice } from "./task-queue-price.ts";

/** In the order in which they run and are documented. */
export const benchmarks: readonly Benchmark[] = [
  migrations,
  stateIndexes,
  startup,
  clientQueries,
  taskQueue,
  taskQueuePrice,
  taskQueueOldSnapshot,
  taskQueueBacklog,
  syncPuts,
  syncFlush,
  syncLatency,
  syncHydrate,
  syncRelay,
  syncTriggers,
  syncMemory,
  explainable,
  monitorCost,
  bloat,
  indexAdvice,
];
