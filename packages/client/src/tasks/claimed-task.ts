import type { JsonValue, TaskPriorityType } from "@mister-smith/schema";

/** A claim of a task: what a worker must show to end the attempt. */
export interface TaskClaim {
  readonly taskId: string;
  /** Grows with each claim of the task. An older one ends nothing. */
  readonly fencingToken: bigint;
}

/** A task that was given to an agent. */
export interface ClaimedTask extends TaskClaim {
  readonly taskType: string;
  readonly priority: TaskPriorityType;
  /** Since when it could have been claimed. */
  readonly runAt: Date;
  readonly payload: JsonValue;
  readonly configuration: JsonValue;
  readonly metadata: JsonValue;
  readonly taskName: string | null;
  readonly createdByAgentId: string | null;
  readonly parentTaskId: string | null;
  readonly createdAt: Date;
  /** Not worth doing after. */
  readonly expiresAt: Date | null;
  /** From when on the task is given to another worker, unless {@link Tasks.heartbeat} prolongs the lease. */
  readonly leaseExpiresAt: Date;
  /** How long one attempt may take, in milliseconds. */
  readonly maxExecutionMs: number;
  readonly maxRetries: number;
  /** Failures so far; attempts that were given back do not count. */
  readonly retryCount: number;
  readonly orderKey: string | null;
  readonly uniqueKey: string | null;
}
