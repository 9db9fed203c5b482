import { createDatabase, createWorker, type Database, type NewTask } from "@mister-smith/client";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { type Payload, type QueueKind, type QueueSide, type Run, workers } from "./queue-side.ts";
import { quietPool } from "./quiet-pool.ts";

const taskType = "bench";
const agentName = "bench";
const batchLoops = 2;
const batchSize = 1_000;

/** What sets a variant of ours apart. */
export interface SmithVariant {
  readonly name: string;
  readonly ours?: boolean;
  /**
   * The task of a payload.
   *
   * @param place its place within the call
   * @param before the ids of the tasks of the call before
   */
  readonly taskOf?: (payload: Payload, place: number, before: readonly string[]) => NewTask;
  /** Who does batches: loops of claim and complete, or a worker with handlers that claims ahead. Default: loops. */
  readonly batches?: "loops" | "worker";
}

/** A task and nothing else. */
export function plainTask({ id, text }: Payload): NewTask {
  return { taskType, payload: { id, text } };
}

/** Our own queue; every attempt leaves its record in `tasks.executions`. */
export function smithKind({
  name,
  ours = false,
  taskOf = plainTask,
  batches = "loops",
}: SmithVariant): QueueKind {
  return {
    name,
    ours,
    settings: `as shipped, ${workers} connections; single: createWorker, concurrency ${workers}; batches: ${
      batches === "loops"
        ? `${batchLoops} loops of claim and complete with ${batchSize} tasks`
        : `createWorker, concurrency ${workers}, prefetch ${batchSize}`
    }`,
    open: async (url) => {
      await migrateUp({ connection: url, folder: migrationsFolder() });
      const db = await createDatabase({ primary: { url, max: workers } });
      const { agentId } = await db.agents.register({ agentType: "bench", agentName });
      const counting = quietPool(url, 1);
      let before: readonly string[] = [];
      const side: QueueSide = {
        enqueueOne: (payload) => db.tasks.enqueue(taskOf(payload, 0, [])),
        enqueueMany: async (payloads) => {
          const tasks = payloads.map((payload, place) => taskOf(payload, place, before));
          before = (await db.tasks.enqueueMany(tasks)).map(({ taskId }) => taskId);
        },
        runSingle: (run) => work(db, agentId, 0, run),
        runBatched: (run) =>
          batches === "loops" ? loopsOf(db, agentId, run) : work(db, agentId, batchSize, run),
        pending: async () => {
          const { rows } = await counting.query<{ count: string }>(
            "SELECT count(*) FROM tasks.queue WHERE status <> 'completed'",
          );
          return Number(rows[0]?.count);
        },
        clear: async () => {
          before = [];
          await counting.query(
            "TRUNCATE tasks.queue, tasks.ready, tasks.leases, tasks.unique_keys, tasks.order_keys, tasks.order_queue CASCADE",
          );
        },
        [Symbol.asyncDispose]: async () => {
          await db.close();
          await counting.end();
        },
      };
      return side;
    },
  };
}

async function work(
  db: Database,
  agentId: string,
  prefetch: number,
  { jobs, signal, onDone }: Run,
): Promise<number> {
  const { promise: enough, resolve, reject } = Promise.withResolvers<void>();
  signal?.addEventListener("abort", () => resolve());
  let done = 0;
  const worker = createWorker(db, {
    agentId,
    concurrency: workers,
    prefetch,
    maintenanceIntervalMs: 0,
    handlers: { [taskType]: () => undefined },
  });
  worker.on("error", ({ doing, error }) => reject(new Error(`could not ${doing}`, { cause: error })));
  worker.on("completed", () => {
    done += 1;
    onDone?.(1);
    if (done >= jobs) resolve();
  });
  await worker.start();
  await enough;
  await worker.stop();
  return done;
}

async function loopsOf({ tasks }: Database, agentId: string, run: Run): Promise<number> {
  let left = run.jobs;
  let done = 0;
  const loop = async () => {
    while (left > 0 && run.signal?.aborted !== true) {
      const limit = Math.min(batchSize, left);
      left -= limit;
      const claimed = await tasks.claim({ agentId, taskTypes: [taskType], limit });
      if (claimed.length === 0) return;
      const completed = await tasks.complete(claimed);
      left += limit - completed.length;
      done += completed.length;
      run.onDone?.(completed.length);
    }
  };
  await Promise.all(Array.from({ length: batchLoops }, loop));
  return done;
}
