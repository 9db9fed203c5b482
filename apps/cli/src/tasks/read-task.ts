import type {
  Database,
  Task,
  TaskDependency,
  TaskDependent,
  TaskExecution,
  TaskStanding,
  TypeLimits,
} from "@mister-smith/client";
import { noTask } from "./no-task.ts";
import { whyItWaits } from "./why-it-waits.ts";

/** What `smith tasks show` tells of a task. */
export interface TaskReport {
  readonly task: Task;
  /** What happens with it now, or what it waits for. */
  readonly why: string;
  readonly standing: TaskStanding;
  readonly limits: TypeLimits | null;
  /** Those that have ended. */
  readonly attempts: readonly TaskExecution[];
  readonly waitsFor: readonly Omit<TaskDependency, "result">[];
  readonly waitedForBy: readonly TaskDependent[];
}

/** Reads a task with its attempts and with those that it is tied to. */
export async function readTask(
  { tasks }: Database,
  taskId: string,
  signal: AbortSignal,
): Promise<TaskReport> {
  const options = { signal };
  const [task, standing, limits, attempts, waitsFor, waitedForBy] = await Promise.all([
    tasks.get(taskId, options),
    tasks.standing(taskId, options),
    tasks.limits(options),
    tasks.executions(taskId, options),
    tasks.dependencies(taskId, options),
    tasks.dependents(taskId, options),
  ]);
  if (task === null || standing === null) throw noTask(taskId);
  const itsLimits = limits.find(({ taskType }) => taskType === task.taskType);
  return {
    task,
    why: whyItWaits({ task, standing, limits: itsLimits }),
    standing,
    limits: itsLimits ?? null,
    attempts,
    // The results are those of other tasks, and may be large.
    waitsFor: waitsFor.map(({ result: _, ...other }) => other),
    waitedForBy,
  };
}
