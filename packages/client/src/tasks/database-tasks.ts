import { DatabaseError, isRefusalOfValues } from "@mister-smith/errors";
import { ClientError } from "../errors/client-error.ts";
import type { Executor } from "../executor/executor.ts";
import { groupCalls } from "../grouping/group-calls.ts";
import { checkedTask, enqueueWritten } from "./enqueue-tasks.ts";
import type { CheckedTask } from "./new-task.ts";
import type { TaskArrivals } from "./task-arrivals.ts";
import { type WrittenTask, writtenTask } from "./task-document.ts";
import { type Tasks, tasksOf } from "./tasks.ts";

/** How long a task may be as JSON text to be enqueued together with others, in characters. */
const heaviestTask = 2 ** 20;
/**
 * How long tasks that are enqueued together may be as JSON text, in characters. PostgreSQL holds a quarter of a GiB of them, and
 * what is short as text may be eight times as large there.
 */
const heaviestGroup = 2 ** 24;

/** The task queue of a database. */
export interface DatabaseTasks extends Tasks {
  /** Tells workers of this process that tasks were enqueued through this object, so that they look at once. */
  readonly arrivals: Pick<TaskArrivals, "subscribe">;
}

/**
 * The task queue of a database, as opposed to that of a transaction: single enqueues without identifiers of their own, keys
 * and dependencies are grouped, claims need not wait for the disk, and workers of the same process hear of what was enqueued.
 */
export function databaseTasks(on: Executor, arrivals: TaskArrivals): DatabaseTasks {
  const tasks = tasksOf(on);
  const enqueueGrouped = groupCalls({
    runMany: (inputs: readonly WrittenTask[]) => enqueueWritten(on, inputs),
    maxSize: 1000,
    maxWeight: heaviestGroup,
    weightOf: ({ fields }) => fields.length,
    isFaultOfOne,
  });
  return {
    ...tasks,
    arrivals,
    claim: (request, options) => tasks.claim({ durable: false, ...request }, options),
    enqueue: async (task, options) => {
      const written = writtenTask(checkedTask(task));
      // A call with a timeout or a signal of its own cannot share its statement. Nor may one that may have to wait for
      // whoever holds its identifier, its key or the task it depends on, or that takes long to send: the others would
      // wait with it.
      const [enqueued] =
        options === undefined && !mayWait(written.task) && written.fields.length <= heaviestTask
          ? [await enqueueGrouped(written)]
          : await enqueueWritten(on, [written], options);
      arrivals.announce([task.taskType]);
      // One task, one answer.
      return enqueued as NonNullable<typeof enqueued>;
    },
    enqueueMany: async (inputs, options) => {
      const enqueued = await tasks.enqueueMany(inputs, options);
      arrivals.announce([...new Set(inputs.map(({ taskType }) => taskType))]);
      return enqueued;
    },
  };
}

function mayWait({ taskId, uniqueKey, orderKey, dependsOn }: CheckedTask): boolean {
  return (
    taskId !== undefined || uniqueKey !== undefined || orderKey !== undefined || (dependsOn?.length ?? 0) > 0
  );
}

// What the server refused may be one task's; that the server was not reached is nobody's.
function isFaultOfOne(error: unknown): boolean {
  if (error instanceof DatabaseError) {
    return isRefusalOfValues(error.cause) || error.errorClass === "conflict" || error.errorClass === "other";
  }
  return (
    error instanceof ClientError &&
    ["INVALID_INPUT", "NOT_FOUND", "DEPENDENCY_CYCLE", "ALREADY_EXISTS"].includes(error.code)
  );
}
