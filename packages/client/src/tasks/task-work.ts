import type { JsonValue, TaskStatusType } from "@mister-smith/schema";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { ClaimedTask, TaskClaim } from "./claimed-task.ts";

/** Which tasks to claim. */
export interface ClaimTasks {
  /** For whom: an agent of `agents.registry`; the attempts are recorded as its own. */
  readonly agentId: string;
  /** Of which types; of equal priority those of the first type come first. */
  readonly taskTypes: readonly string[];
  /** At most how many. Default: 1. */
  readonly limit?: number;
  /** How long the tasks are kept from other workers without a heartbeat, in milliseconds. Default: 30000. */
  readonly leaseMs?: number;
  /**
   * For those who claim again and again: per type and, within it, per priority from critical to low, the time before
   * which nothing is looked for, and leases that ran out are not looked for either. Default: everything is looked for.
   */
  readonly after?: readonly (Date | null)[];
  /**
   * Whether the claim waits until it is on disk. Without it a crash of the server may forget the claim, and the task is
   * simply ready again. Must be true inside a transaction of one's own. Default: false on a database, true in a transaction.
   */
  readonly durable?: boolean;
}

/** An attempt that succeeded. */
export interface TaskCompletion extends TaskClaim {
  /** Default: null. */
  readonly result?: JsonValue;
  /** The id of the record in `tasks.executions`, a UUID. Default: a new one. */
  readonly executionId?: string;
}

/** An attempt that failed. */
export interface TaskFailure extends TaskClaim {
  readonly message: string;
  readonly details?: JsonValue;
  /** False: the task is dead whatever retries it has left. Default: true. */
  readonly mayRetry?: boolean;
  /** When it may be tried again, in milliseconds from now. Default: as the task's retry configuration says. */
  readonly retryDelayMs?: number;
  readonly executionId?: string;
}

/** What became of a task whose attempt failed. */
export interface TaskFailed {
  readonly taskId: string;
  /** pending: it will be tried again; failed: it is dead; cancelled: that had been asked for. */
  readonly status: TaskStatusType;
  /** When it will be tried again; null when it will not. */
  readonly scheduledAt: Date | null;
}

/** A sign of life of a worker. */
export interface TaskHeartbeat extends TaskClaim {
  /** How far it is, in the application's words. Default: as before. */
  readonly progress?: JsonValue;
}

/** What a worker learns from its sign of life. A lease that is not listed is lost. */
export interface TaskLease {
  readonly taskId: string;
  /** Whether it is asked to stop. */
  readonly cancelRequested: boolean;
  readonly expiresAt: Date;
}

/** What workers do with tasks. {@link createWorker} does it all; these are for workers of one's own. */
export interface TaskWork {
  /**
   * Gives an agent the most urgent tasks of some types, each with a lease and a fencing token: the higher priority first,
   * whatever the type; of equal priority those of the first type first; within a type the agent's own, then the oldest.
   *
   * Where there are fewer than asked for, attempts at tasks of these types whose lease ran out are ended as
   * {@link Tasks.maintain} does it, a hundred or so a call: such a task is given out at once when its retry needs no wait.
   *
   * A task that another transaction holds is passed over, and so is a type whose limits one holds.
   * @throws ClientError `NOT_FOUND` when the agent does not exist, `WRONG_STATUS` when it is terminated, `INVALID_INPUT`
   * for `durable: false` within a transaction
   */
  claim(request: ClaimTasks, options?: QueryOptions): Promise<readonly ClaimedTask[]>;
  /**
   * Ends attempts that succeeded. Returns the ids of the tasks it completed: the others' leases were lost.
   *
   * The fencing token decides, not the clock: an attempt whose lease ran out may still be completed (failed, released,
   * prolonged) as long as nobody has ended it, which a claim or the upkeep may do from then on.
   */
  complete(completions: readonly TaskCompletion[], options?: QueryOptions): Promise<readonly string[]>;
  /** Ends attempts that failed. Tells what became of each; those that are not listed were lost before. */
  fail(failures: readonly TaskFailure[], options?: QueryOptions): Promise<readonly TaskFailed[]>;
  /** Gives tasks back that were not worked on to an end. Does not count as a retry. Returns those that were still held. */
  release(
    claims: readonly (TaskClaim & { readonly executionId?: string })[],
    options?: QueryOptions,
  ): Promise<readonly string[]>;
  /** Prolongs leases and records progress. */
  heartbeat(
    heartbeats: readonly TaskHeartbeat[],
    leaseMs: number,
    options?: QueryOptions,
  ): Promise<readonly TaskLease[]>;
}
