import type { Executor } from "../executor/executor.ts";
import type { TaskArrivals } from "../tasks/task-arrivals.ts";
import type { TaskDependency } from "../tasks/task-dependencies.ts";

/** What a worker does beside its tasks, every now and then. Safe when several do it at once. */
export interface Duty {
  /** What it does, as "cannot …" would continue. */
  readonly name: string;
  /** About how often; each time is scattered by up to a half. */
  readonly intervalMs: number;
  /**
   * Returns in how many milliseconds there is more to do, when that is known and sooner. What keeps only a part of it
   * from being done goes to `report`.
   */
  run(report: (error: unknown) => void): Promise<number | undefined>;
}

/** What a worker takes from others. */
export interface WorkerPorts {
  /** Where it claims tasks and records what became of them. */
  readonly work: Executor;
  /** Where it gives signs of life, beside all that handlers do. */
  readonly background: Executor;
  readonly arrivals: Pick<TaskArrivals, "subscribe">;
  readonly duties: readonly Duty[];
  /** The tasks that a task waited for with a dependency of kind `data`. */
  dependencies(taskId: string): Promise<readonly TaskDependency[]>;
}
