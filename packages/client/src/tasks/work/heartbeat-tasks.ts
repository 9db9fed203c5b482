import { z } from "zod";
import type { Executor } from "../../executor/executor.ts";
import { jsonText } from "../../json/json-text.ts";
import type { QueryOptions } from "../../queryable/query-options.ts";
import { sql } from "../../statement/sql.ts";
import type { TaskClaim } from "../claimed-task.ts";
import type { TaskHeartbeat, TaskLease } from "../task-work.ts";
import { checkClaims, checkLeaseMs } from "./check-claims.ts";
import { claimColumns, optionalColumn } from "./claim-columns.ts";

const lease = z.object({ taskId: z.string(), cancelRequested: z.boolean(), expiresAt: z.date() });

/** A sign of life, with the progress as JSON text. */
export interface AttemptHeartbeat extends TaskClaim {
  readonly progressText: string | undefined;
}

/** Prolongs leases and records progress; see `TaskWork.heartbeat`. */
export async function heartbeatTasks(
  on: Executor,
  heartbeats: readonly TaskHeartbeat[],
  leaseMs: number,
  options?: QueryOptions,
): Promise<readonly TaskLease[]> {
  checkClaims(heartbeats, "the heartbeats");
  checkLeaseMs(leaseMs);
  const attempts = heartbeats.map(({ taskId, fencingToken, progress }) => ({
    taskId,
    fencingToken,
    progressText: progress === undefined ? undefined : jsonText(progress, `the progress of task ${taskId}`),
  }));
  return await heartbeatAttempts(on, attempts, leaseMs, options);
}

/** Prolongs leases. */
export async function heartbeatAttempts(
  on: Executor,
  heartbeats: readonly AttemptHeartbeat[],
  leaseMs: number,
  options?: QueryOptions,
): Promise<readonly TaskLease[]> {
  if (heartbeats.length === 0) return [];
  const progress = optionalColumn(heartbeats, "jsonb", ({ progressText }) => progressText);
  // A second run prolongs the same leases once more and records the same progress.
  return await on.write.any(
    sql.type(lease)`
      SELECT h.task_id AS "taskId", h.cancel_requested AS "cancelRequested", h.expires_at AS "expiresAt"
      FROM tasks.heartbeat(
        ${claimColumns(heartbeats)}, ${leaseMs}::DOUBLE PRECISION * INTERVAL '1 millisecond', ${progress}
      ) AS h
    `,
    { idempotent: true, ...options },
  );
}
