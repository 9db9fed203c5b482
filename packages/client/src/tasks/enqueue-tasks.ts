import { v7 as uuidv7 } from "uuid";
import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type CheckedTask, type NewTask, newTask } from "./new-task.ts";
import { taskDocument } from "./task-document.ts";
import { taskFault } from "./task-fault.ts";

/** What became of a task that was to be enqueued. */
export interface EnqueuedTask {
  /** The task that has the work: the new one, or the one that has its unique key already. */
  readonly taskId: string;
  /** False: another task has the unique key, and nothing was enqueued. */
  readonly isNew: boolean;
}

/** The most tasks of one call. */
export const maxEnqueued = 10_000;

const tasksInput = z.array(newTask).max(maxEnqueued);
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
  if (tasks.length === 0) return [];
  // Identifiers that grow with time keep the newest tasks together in the index.
  const taskIds = tasks.map(({ taskId }) => taskId ?? uuidv7());
  const documents = `[${tasks.map((task, at) => taskDocument(task, taskIds[at] as string)).join()}]`;
  // With the identifiers made here a second run of the statement changes nothing.
  const rerunnable = { ...options, idempotent: true };
  try {
    if (tasks.some(({ uniqueKey }) => uniqueKey !== undefined)) {
      return await on.write.any(insertTasks(documents), rerunnable);
    }
    await on.write.one(insertPlainTasks(documents), rerunnable);
    return taskIds.map((taskId) => ({ taskId, isNew: true }));
  } catch (error) {
    throw taskFault(error);
  }
}

function insertTasks(documents: string) {
  return sql.type(enqueued)`
    SELECT e.task_id AS "taskId", e.is_new AS "isNew" FROM tasks.enqueue(${documents}::JSONB) AS e`;
}

// Without unique keys the answer is known before: a row each would be sent for nothing.
function insertPlainTasks(documents: string) {
  return sql.type(z.object({ tasks: z.unknown() }))`
    SELECT count(*) AS tasks FROM tasks.enqueue(${documents}::JSONB)`;
}
