import { taskStatusType, timestamp } from "@mister-smith/schema";
import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { storedJson } from "../json/stored-json.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";

const count = z.union([z.int(), z.string(), z.bigint()]);

const heldLease = z.object({
  agentId: z.string(),
  fencingToken: count.transform(BigInt),
  startedAt: timestamp,
  heartbeatAt: timestamp,
  leaseExpiresAt: timestamp,
  cancelRequested: z.boolean(),
  progress: storedJson.nullable(),
});
/** Who works on a task, and until when nobody else may. */
export type HeldLease = z.output<typeof heldLease>;

const blocker = z.object({
  taskId: z.string(),
  taskType: z.string(),
  type: z.enum(["completion", "data", "start", "resource"]),
  onFailure: z.enum(["cancel", "ignore", "wait"]),
  status: taskStatusType,
});
/** A task that another one has to wait for still. */
export type BlockingTask = z.output<typeof blocker>;

const standing = z.object({
  /** The server's clock. */
  asOf: z.date(),
  /** Who works on it; null while nobody does. */
  lease: heldLease.nullable(),
  /** From when on it may be claimed; null while it is not among the tasks that may. */
  claimableFrom: z.date().nullable(),
  /** Of the tasks it depends on, those that hold it up still. */
  blockedBy: z.array(blocker),
  /** The task of the same order key whose turn it is; null when it is its own turn, or it has no such key. */
  behindTaskId: z.string().nullable(),
  /** How many tasks of its type run. */
  runningOfType: count.transform(Number),
});
/** Where a task stands in the queue: what says why it runs, or does not. */
export type TaskStanding = z.output<typeof standing>;

/** Where a task stands in the queue; see {@link Tasks.standing}. */
export async function taskStanding(
  on: Executor,
  taskId: string,
  options?: QueryOptions,
): Promise<TaskStanding | null> {
  return await on.read.maybeOne(
    selectStanding(parseInput(z.guid(), taskId, "the identifier of a task")),
    options,
  );
}

// What counts as met is as in tasks.unblock().
function selectStanding(taskId: string) {
  return sql.type(standing)`
    SELECT
      pg_catalog.clock_timestamp() AS "asOf",
      CASE WHEN l.task_id IS NOT NULL THEN pg_catalog.jsonb_build_object(
        'agentId', l.agent_id, 'fencingToken', l.fencing_token, 'startedAt', l.started_at,
        'heartbeatAt', l.heartbeat_at, 'leaseExpiresAt', l.expires_at, 'cancelRequested', l.cancel_requested,
        'progress', l.progress
      ) END AS "lease",
      CASE WHEN q.status = 'pending' THEN (
        SELECT pg_catalog.min(r.run_at) FROM tasks.ready AS r
        WHERE r.task_id = q.task_id AND r.task_type = q.task_type
      ) END AS "claimableFrom",
      CASE WHEN q.status IN ('queued', 'paused') THEN COALESCE((
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
          'taskId', o.task_id, 'taskType', o.task_type, 'type', d.dependency_type, 'onFailure', d.on_failure,
          'status', o.status
        ) ORDER BY d.created_at, o.task_id)
        FROM tasks.dependencies AS d
        JOIN tasks.queue AS o ON o.task_id = d.depends_on_task_id AND o.task_type = d.depends_on_task_type
        WHERE d.task_id = q.task_id
          AND NOT CASE d.dependency_type
            WHEN 'start' THEN o.started_at IS NOT NULL OR o.status = 'completed'
            WHEN 'resource' THEN o.status IN ('completed', 'failed', 'cancelled')
            ELSE o.status = 'completed'
          END
          AND NOT (o.status IN ('failed', 'cancelled') AND d.on_failure = 'ignore')
      ), '[]') ELSE '[]' END AS "blockedBy",
      CASE WHEN q.status IN ('queued', 'paused') THEN (
        SELECT NULLIF(first.task_id::UUID, q.task_id::UUID)
        FROM (
          SELECT o.task_id FROM tasks.order_queue AS o
          WHERE o.task_type = q.task_type AND o.order_key = q.order_key
          ORDER BY o.seq LIMIT 1
        ) AS first
      ) END AS "behindTaskId",
      (SELECT pg_catalog.count(*) FROM tasks.leases AS x WHERE x.task_type = q.task_type) AS "runningOfType"
    FROM tasks.queue AS q
    LEFT JOIN tasks.leases AS l ON l.task_id = q.task_id
    WHERE q.task_id = ${taskId}::UUID
    LIMIT 1`;
}
