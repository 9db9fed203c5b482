import { setImmediate } from "node:timers/promises";
import { Logger, makeWorkerUtils, run as start } from "graphile-worker";
import { type QueueKind, type QueueSide, type Run, workers } from "./queue-side.ts";
import { quietPool } from "./quiet-pool.ts";
import { versionOf } from "./version-of.ts";

type Preset = NonNullable<GraphileConfig.Preset["worker"]>;

const task = "bench";
const single: Preset = { concurrentJobs: workers, maxPoolSize: workers + 1 };
/** What its documentation gives for the highest throughput, with a larger local queue, which is faster here. */
const batched: Preset = {
  concurrentJobs: 24,
  maxPoolSize: 25,
  localQueue: { size: 2_000 },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
};
const silent = new Logger(() => () => {});

/** graphile-worker with prepared statements, as shipped, and without a log line a job. */
export const graphileWorker: QueueKind = {
  name: `graphile-worker ${versionOf("graphile-worker")}`,
  settings: `prepared statements, no logs, no cron; single ${JSON.stringify(single)}; batches ${JSON.stringify(batched)}`,
  open: async (url) => {
    const pool = quietPool(url, workers);
    const utils = await makeWorkerUtils({ pgPool: pool, logger: silent });
    await utils.migrate();
    const side: QueueSide = {
      enqueueOne: (payload) => utils.addJob(task, payload),
      enqueueMany: (payloads) => utils.addJobs(payloads.map((payload) => ({ identifier: task, payload }))),
      runSingle: (run) => work(url, single, run),
      runBatched: (run) => work(url, batched, run),
      pending: async () => {
        const { rows } = await pool.query<{ count: string }>(
          "SELECT count(*) FROM graphile_worker._private_jobs",
        );
        return Number(rows[0]?.count);
      },
      clear: async () => {
        await pool.query("TRUNCATE graphile_worker._private_jobs");
      },
      [Symbol.asyncDispose]: async () => {
        await utils.release();
        await pool.end();
      },
    };
    return side;
  },
};

async function work(url: string, worker: Preset, { jobs, signal, onDone }: Run): Promise<number> {
  const pool = quietPool(url, worker.maxPoolSize ?? workers);
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  signal?.addEventListener("abort", () => resolve());
  let done = 0;
  const runner = await start({
    pgPool: pool,
    preset: { worker },
    noHandleSignals: true,
    logger: silent,
    parsedCronItems: [],
    taskList: {
      [task]: () => {
        done += 1;
        onDone?.(1);
        if (done >= jobs) resolve();
      },
    },
  });
  await enough;
  // Gives back what was fetched and not begun, and waits for the batch of completions that is under way, but not for
  // those of single jobs.
  await runner.stop();
  while (pool.waitingCount > 0 || pool.idleCount < pool.totalCount) await setImmediate();
  await pool.end();
  return done;
}
