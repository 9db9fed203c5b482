import type { JsonInput } from "../json/json-input.ts";
import type { TaskDependency } from "../tasks/task-dependencies.ts";

/** What a handler can know and say about the attempt it makes. */
export interface TaskContext {
  readonly taskId: string;
  readonly taskType: string;
  /** Which claim of the task this is. It grows with each: a system that keeps the highest it saw can refuse older ones. */
  readonly fencingToken: bigint;
  /** Under which id the attempt will be on record in `tasks.executions`. */
  readonly executionId: string;
  /** Which attempt it is, from 1; attempts that were given back or lost are counted here too. */
  readonly attempt: number;
  /**
   * Aborted when the handler should end: the task is to be cancelled, the lease was lost, the handler took longer than the
   * task's `maxExecutionMs`, or the worker stops and its time of grace is over. The reason is a `ClientError` with the code
   * `ABORTED`, `LEASE_LOST` or `TIMEOUT`.
   */
  readonly signal: AbortSignal;
  /** Says how far the task is; the latest goes on record with the next sign of life. */
  readonly progress: (value: JsonInput) => void;
  /**
   * Gives a sign of life now, progress included. Throws the reason of {@link TaskContext.signal} when the handler should
   * end: what comes next is done only while the task is still this worker's.
   */
  readonly heartbeat: () => Promise<void>;
  /** The tasks that this one waited for with a dependency of kind `data`, with their results. */
  readonly dependencies: () => Promise<readonly TaskDependency[]>;
}
