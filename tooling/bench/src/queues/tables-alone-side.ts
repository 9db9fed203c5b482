import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { type Payload, type QueueKind, type QueueSide, type Run, workers } from "./queue-side.ts";
import { quietPool } from "./quiet-pool.ts";

const agentId = "00000000-0000-4000-8000-000000000001";
const batchSize = 1_000;
const batchLoops = 2;

/**
 * The least that the specification's two tables cost: the row of the task, and the record of its attempt, both twice, with
 * their indexes and checks. No foreign key, no trigger, no lease, no order, and nobody looks for what is next: who works is
 * told. No queue with these tables is faster.
 */
export const tablesAlone: QueueKind = {
  name: "the tables alone",
  settings:
    "tasks.queue and tasks.executions without foreign keys and triggers, the next tasks known without a query",
  open: async (url) => {
    await migrateUp({ connection: url, folder: migrationsFolder() });
    const bare = new URL(url);
    bare.searchParams.set("options", "-c session_replication_role=replica");
    const pool = quietPool(bare.href, workers);
    let waiting: string[] = [];
    const enqueue = async (payloads: readonly Payload[]) => {
      const ids = payloads.map(() => crypto.randomUUID());
      await pool.query({
        name: "enqueue",
        text: insertTasks,
        values: [ids, payloads.map((payload) => JSON.stringify(payload))],
      });
      waiting.push(...ids);
    };
    const work = async (loops: number, size: number, { jobs, signal, onDone }: Run) => {
      let left = jobs;
      let done = 0;
      const loop = async () => {
        while (left > 0 && signal?.aborted !== true) {
          const ids = waiting.splice(0, Math.min(size, left));
          if (ids.length === 0) return;
          left -= ids.length;
          await pool.query({ name: "claim", text: claimTasks, values: [ids, agentId] });
          await pool.query({ name: "complete", text: completeTasks, values: [ids] });
          done += ids.length;
          onDone?.(ids.length);
        }
      };
      await Promise.all(Array.from({ length: loops }, loop));
      return done;
    };
    const side: QueueSide = {
      enqueueOne: (payload) => enqueue([payload]),
      enqueueMany: enqueue,
      runSingle: (run) => work(workers, 1, run),
      runBatched: (run) => work(batchLoops, batchSize, run),
      pending: async () => {
        const { rows } = await pool.query<{ count: string }>(
          "SELECT count(*) FROM tasks.queue WHERE status <> 'completed'",
        );
        return Number(rows[0]?.count);
      },
      clear: async () => {
        waiting = [];
        await pool.query("TRUNCATE tasks.queue CASCADE");
      },
      [Symbol.asyncDispose]: async () => await pool.end(),
    };
    return side;
  },
};

const insertTasks = `
  INSERT INTO tasks.queue (task_id, task_type, payload)
  SELECT u.id, 'bench', u.payload FROM unnest($1::UUID[], $2::JSONB[]) AS u (id, payload)`;
const claimTasks = `
  WITH claimed AS (
    UPDATE tasks.queue AS q SET status = 'running', started_at = now()
    FROM unnest($1::UUID[]) AS u (id)
    WHERE q.task_id = u.id AND q.task_type = 'bench'
    RETURNING q.task_id, q.payload
  ),
  recorded AS (
    INSERT INTO tasks.executions (task_id, task_type, agent_id)
    SELECT c.task_id, 'bench', $2::UUID FROM claimed AS c
  )
  SELECT c.task_id, c.payload FROM claimed AS c`;
const completeTasks = `
  WITH completed AS (
    UPDATE tasks.queue AS q SET status = 'completed', completed_at = now()
    FROM unnest($1::UUID[]) AS u (id)
    WHERE q.task_id = u.id AND q.task_type = 'bench'
    RETURNING q.task_id, q.started_at
  )
  UPDATE tasks.executions AS e SET status = 'completed', completed_at = now(), result = '{}'
  FROM completed AS c
  WHERE e.task_id = c.task_id AND e.started_at = c.started_at`;
