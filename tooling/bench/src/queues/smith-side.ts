import { randomUUID } from "node:crypto";
import { createDatabase, type Database } from "@mister-smith/client";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { type Payload, type QueueKind, type QueueSide, type Run, workers } from "./queue-side.ts";
import { quietPool } from "./quiet-pool.ts";

const taskType = "bench";
const batchLoops = 2;
const batchSize = 1_000;

/** Our own queue: every attempt leaves its record in `tasks.executions`. */
export const smith: QueueKind = {
  name: "client",
  ours: true,
  settings: `as shipped, ${workers} connections; batches: ${batchLoops} loops of claim and complete with ${batchSize} tasks`,
  open: async (url) => {
    await migrateUp({ connection: url, folder: migrationsFolder() });
    const db = await createDatabase({ primary: { url, max: workers } });
    const counting = quietPool(url, 1);
    const agentId = randomUUID();
    await counting.query(
      "INSERT INTO agents.registry (agent_id, agent_type, agent_name) VALUES ($1, 'bench', 'bench')",
      [agentId],
    );
    const side: QueueSide = {
      enqueueOne: (payload) => db.tasks.enqueue(taskOf(payload)),
      enqueueMany: (payloads) => db.tasks.enqueueMany(payloads.map(taskOf)),
      runSingle: (run) => loopsOf(db, agentId, workers, 1, run),
      runBatched: (run) => loopsOf(db, agentId, batchLoops, batchSize, run),
      pending: async () => {
        const { rows } = await counting.query<{ count: string }>(
          "SELECT count(*) FROM tasks.queue WHERE status <> 'completed'",
        );
        return Number(rows[0]?.count);
      },
      clear: async () => {
        await counting.query("TRUNCATE tasks.queue, tasks.ready, tasks.leases CASCADE");
      },
      [Symbol.asyncDispose]: async () => {
        await db.close();
        await counting.end();
      },
    };
    return side;
  },
};

function taskOf({ id, text }: Payload) {
  return { taskType, payload: { id, text } };
}

async function loopsOf(
  { tasks }: Database,
  agentId: string,
  loops: number,
  size: number,
  run: Run,
): Promise<number> {
  let left = run.jobs;
  let done = 0;
  const loop = async () => {
    while (left > 0 && run.signal?.aborted !== true) {
      const limit = Math.min(size, left);
      left -= limit;
      const claimed = await tasks.claim({ agentId, taskTypes: [taskType], limit });
      if (claimed.length === 0) return;
      await tasks.complete(claimed);
      left += limit - claimed.length;
      done += claimed.length;
      run.onDone?.(claimed.length);
    }
  };
  await Promise.all(Array.from({ length: loops }, loop));
  return done;
}
