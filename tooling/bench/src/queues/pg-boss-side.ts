import { PgBoss } from "pg-boss";
import { type QueueKind, type QueueSide, type Run, workers } from "./queue-side.ts";
import { quietPool } from "./quiet-pool.ts";
import { versionOf } from "./version-of.ts";

const queue = "bench";
/** Loops that fetch and complete batches side by side: 1 is slower by a quarter, 8 not faster. */
const batchLoops = 4;
const batchSize = 1_000;

/**
 * pg-boss with nothing that runs beside the measured work, and its queue in a table of its own, as its documentation
 * advises for a large one. Its `work()` waits half a second at least after each job that comes alone, and with full
 * batches it is slower than loops of `fetch()` and `complete()`, which are its interface for other workers.
 */
export const pgBoss: QueueKind = {
  name: `pg-boss ${versionOf("pg-boss")}`,
  settings: `supervise, schedule, registry and telemetry off, standard policy, partition: true, ${workers} connections; loops of fetch and complete, ${workers} with one job, ${batchLoops} with batches of ${batchSize}`,
  open: async (url) => {
    const boss = new PgBoss({
      connectionString: url,
      max: workers,
      supervise: false,
      schedule: false,
      registerInstance: false,
      openTelemetry: { enabled: false },
    });
    boss.on("error", () => {});
    await boss.start();
    await boss.createQueue(queue, { partition: true });
    const { table } = (await boss.getQueue(queue)) ?? { table: "" };
    return sideOf(boss, url, `pgboss.${table}`);
  },
};

function sideOf(boss: PgBoss, url: string, table: string): QueueSide {
  const counting = quietPool(url, 1);
  return {
    enqueueOne: (payload) => boss.send(queue, payload),
    enqueueMany: (payloads) =>
      boss.insert(
        queue,
        payloads.map((data) => ({ data })),
      ),
    runSingle: (run) => loopsOf(boss, workers, 1, run),
    runBatched: (run) => loopsOf(boss, batchLoops, batchSize, run),
    pending: async () => {
      const { rows } = await counting.query<{ count: string }>(
        `SELECT count(*) FROM ${table} WHERE state <> 'completed'`,
      );
      return Number(rows[0]?.count);
    },
    clear: async () => {
      await counting.query(`TRUNCATE ${table}`);
    },
    [Symbol.asyncDispose]: async () => {
      await boss.stop({ graceful: false });
      await counting.end();
    },
  };
}

async function loopsOf(boss: PgBoss, loops: number, size: number, run: Run): Promise<number> {
  let left = run.jobs;
  let done = 0;
  const loop = async () => {
    while (left > 0 && run.signal?.aborted !== true) {
      const batchSize = Math.min(size, left);
      left -= batchSize;
      const jobs = await boss.fetch(queue, { batchSize });
      if (jobs.length === 0) return;
      await boss.complete(
        queue,
        jobs.map(({ id }) => id),
      );
      left += batchSize - jobs.length;
      done += jobs.length;
      run.onDone?.(jobs.length);
    }
  };
  await Promise.all(Array.from({ length: loops }, loop));
  return done;
}
