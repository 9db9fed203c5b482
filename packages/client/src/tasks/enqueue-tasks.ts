import { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { isTransaction } from "../executor/is-transaction.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { alreadyExpired, refuseExpired } from "./already-expired.ts";
import { type CheckedTask, type NewTask, newTask } from "./new-task.ts";
import { refuseMissing, type TaskReference } from "./refuse-missing.ts";
import { refuseSelf } from "./refuse-self.ts";
import { type WrittenTask, writtenTask } from "./task-document.ts";
import { taskFault } from "./task-fault.ts";
import { timeOrderedId } from "./time-ordered-id.ts";

/** What became of a task that was to be enqueued. */
export interface EnqueuedTask {
  /** The task that has the work: the new one, or the one that has its unique key already. */
  readonly taskId: string;
  /**
   * False: nothing was enqueued, as another task has the unique key, or the identifier that was given is there already
   * (which it is too when the connection broke and the statement had to be run again).
   */
  readonly isNew: boolean;
}

/** The most tasks of one call. */
export const maxEnqueued = 10_000;

const tasksInput = z.array(newTask).max(maxEnqueued).superRefine(eachOnce);
const enqueued = z.object({ taskId: z.string(), isNew: z.boolean() });

/** Enqueues tasks; see {@link Tasks.enqueueMany}. */
export async function enqueueTasks(
  on: Executor,
  inputs: readonly NewTask[],
  options?: QueryOptions,
): Promise<readonly EnqueuedTask[]> {
  return await enqueueChecked(on, parseInput(tasksInput, inputs, "the tasks to enqueue"), options);
}

/** Checks one task, so that it can be enqueued together with others. */
export function checkedTask(input: NewTask): CheckedTask {
  return parseInput(newTask, input, "the task to enqueue");
}

/** Enqueues tasks that were checked. */
export async function enqueueChecked(
  on: Executor,
  tasks: readonly CheckedTask[],
  options?: QueryOptions,
): Promise<readonly EnqueuedTask[]> {
  return await enqueueWritten(on, tasks.map(writtenTask), options);
}

/** Enqueues tasks that were written. */
export async function enqueueWritten(
  on: Executor,
  written: readonly WrittenTask[],
  options?: QueryOptions,
): Promise<readonly EnqueuedTask[]> {
  if (written.length === 0) return [];
  const tasks = written.map(({ task }) => task);
  for (const { taskId, dependsOn } of tasks) {
    if (taskId !== undefined && dependsOn !== undefined) refuseSelf(taskId, dependsOn);
  }
  if (isTransaction(on)) {
    await refuseExpired(on, tasks, options);
    await refuseMissing(on, tasks.flatMap(referencesOf(tasks)), options);
  }
  // Identifiers that grow with time keep the newest tasks together in the index.
  const taskIds = tasks.map(({ taskId }) => taskId ?? timeOrderedId());
  const documents = `[${written.map(({ fields }, at) => `{"task_id":"${taskIds[at]}",${fields}}`).join()}]`;
  // With the identifiers made here a second run of the statement changes nothing.
  const rerunnable = { ...options, idempotent: true };
  try {
    // A refusal that nothing here foresees must not undo what the caller did before.
    if (isTransaction(on) && tasks.some(({ taskId }) => taskId !== undefined))
      return await on.transaction(({ write }) => insert(write));
    return await insert(on.write);
  } catch (error) {
    const fault = alreadyExpired(tasks, error) ?? taskFault(error);
    // The server says which row has no other, but not whose it is. In a transaction that was asked before.
    if (isNotFound(fault) && !isTransaction(on))
      await refuseMissing(on, tasks.flatMap(referencesOf(tasks)), options);
    throw fault;
  }

  async function insert(write: Executor["write"]): Promise<readonly EnqueuedTask[]> {
    if (tasks.some(({ taskId, uniqueKey }) => taskId !== undefined || uniqueKey !== undefined)) {
      const enqueued = await write.any(insertTasks(documents), rerunnable);
      // An identifier made here is new, even where a second run of the statement finds it there.
      return enqueued.map(({ taskId, isNew }, at) =>
        tasks[at]?.taskId === undefined ? { taskId, isNew: taskId === taskIds[at] } : { taskId, isNew },
      );
    }
    await write.one(insertPlainTasks(documents), rerunnable);
    return taskIds.map((taskId) => ({ taskId, isNew: true }));
  }
}

function isNotFound(fault: unknown): boolean {
  return fault instanceof ClientError && fault.code === "NOT_FOUND";
}

/** What a task names that must be there before; tasks of the same call may wait for each other. */
function referencesOf(tasks: readonly CheckedTask[]) {
  const own = new Set(tasks.map(({ taskId }) => taskId?.toLowerCase()));
  return (task: CheckedTask, at: number): readonly TaskReference[] => {
    const references: TaskReference[] = [];
    const add = (field: string, kind: "task" | "agent", id: string | undefined) => {
      if (id === undefined) return;
      references.push({ place: `the tasks to enqueue: [${at}].${field}`, kind, id, of: task });
    };
    add("parentTaskId", "task", task.parentTaskId);
    add("assignedAgentId", "agent", task.assignedAgentId);
    add("createdByAgentId", "agent", task.createdByAgentId);
    for (const [place, given] of (task.dependsOn ?? []).entries()) {
      const id = typeof given === "string" ? given : given.taskId;
      if (!own.has(id.toLowerCase())) add(`dependsOn[${place}]`, "task", id);
    }
    return references;
  };
}

// The second would be taken for the first, enqueued once more.
function eachOnce(tasks: readonly CheckedTask[], context: z.RefinementCtx): void {
  const seen = new Map<string, number>();
  for (const [at, { taskId }] of tasks.entries()) {
    if (taskId === undefined) continue;
    const id = taskId.toLowerCase();
    const before = seen.get(id);
    if (before !== undefined)
      context.addIssue({
        code: "custom",
        path: [at, "taskId"],
        message: `${id} is given twice, first at [${before}]`,
      });
    seen.set(id, before ?? at);
  }
}

function insertTasks(documents: string) {
  return sql.type(enqueued)`
    SELECT e.task_id AS "taskId", e.is_new AS "isNew" FROM tasks.enqueue(${documents}::JSONB) AS e`;
}

// Without unique keys and identifiers of the caller's own the answer is known before: a row each would be sent for nothing.
function insertPlainTasks(documents: string) {
  return sql.type(z.object({ tasks: z.unknown() }))`
    SELECT count(*) AS tasks FROM tasks.enqueue(${documents}::JSONB)`;
}
