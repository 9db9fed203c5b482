import { z } from "zod";
import type { Executor } from "../executor/executor.ts";
import { storedJson } from "../json/stored-json.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";

const count = z.union([z.int(), z.string(), z.bigint()]).transform(Number);
const backlog = z.object({
  taskType: z.string(),
  ready: count,
  delayed: count,
  running: count,
  dead: count,
  oldestReadyAt: z.date().nullable(),
});
/** How much there is to do of a type. */
export type TaskBacklog = z.output<typeof backlog>;

const running = z.object({
  taskId: z.string(),
  taskType: z.string(),
  taskName: z.string().nullable(),
  agentId: z.string(),
  fencingToken: z.union([z.int(), z.string(), z.bigint()]).transform(BigInt),
  startedAt: z.date(),
  heartbeatAt: z.date(),
  leaseExpiresAt: z.date(),
  cancelRequested: z.boolean(),
  progress: storedJson.nullable(),
});
/** A task that somebody works on. */
export type RunningTask = z.output<typeof running>;

/** How much there is to do, by type; see {@link Tasks.backlog}. */
export async function taskBacklog(on: Executor, options?: QueryOptions): Promise<readonly TaskBacklog[]> {
  return await on.read.any(
    sql.type(backlog)`
      SELECT
        b.task_type AS "taskType", b.ready, b.delayed, b.running, b.dead, b.oldest_ready_at AS "oldestReadyAt"
      FROM tasks.backlog AS b
      ORDER BY b.task_type`,
    options,
  );
}

/** The tasks that somebody works on, the longest first; see {@link Tasks.running}. */
export async function runningTasks(on: Executor, options?: QueryOptions): Promise<readonly RunningTask[]> {
  return await on.read.any(
    sql.type(running)`
      SELECT
        r.task_id AS "taskId", r.task_type AS "taskType", r.task_name AS "taskName", r.agent_id AS "agentId",
        r.fencing_token AS "fencingToken", r.started_at AS "startedAt", r.heartbeat_at AS "heartbeatAt",
        r.lease_expires_at AS "leaseExpiresAt", r.cancel_requested AS "cancelRequested", r.progress
      FROM tasks.running AS r
      ORDER BY r.started_at, r.task_id`,
    options,
  );
}
