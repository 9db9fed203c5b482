import { z } from "zod";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { taskFault } from "./task-fault.ts";
import { checkedTaskIds } from "./task-ids.ts";
import { taskIdArray, taskOutcome } from "./task-statement.ts";

/** A task and what became of it, in a few words. */
export type TaskOutcome = z.output<typeof taskOutcome>;

const changed = z.object({ taskId: z.string() });

/** Cancels tasks; see {@link Tasks.cancel}. */
export async function cancelTasks(on: Executor, taskIds: readonly string[], options?: QueryOptions) {
  const ids = taskIdArray(checkedTaskIds(taskIds));
  return await on.write.any(
    sql.type(taskOutcome)`SELECT c.task_id AS "taskId", c.outcome FROM tasks.cancel(${ids}) AS c`,
    { ...options, idempotent: true },
  );
}

/** Begins anew with tasks that failed or were cancelled; see {@link Tasks.redrive}. */
export async function redriveTasks(on: Executor, taskIds: readonly string[], options?: QueryOptions) {
  const ids = taskIdArray(checkedTaskIds(taskIds));
  try {
    return await on.write.any(
      sql.type(taskOutcome)`SELECT r.task_id AS "taskId", r.outcome FROM tasks.redrive(${ids}) AS r`,
      options,
    );
  } catch (error) {
    throw taskFault(error);
  }
}

/** Holds waiting tasks back; see {@link Tasks.pause}. */
export async function pauseTasks(on: Executor, taskIds: readonly string[], options?: QueryOptions) {
  const ids = taskIdArray(checkedTaskIds(taskIds));
  return await on.write.anyFirst(sql.type(changed)`SELECT tasks.pause(${ids}) AS "taskId"`, options);
}

/** Lets paused tasks go on; see {@link Tasks.resume}. */
export async function resumeTasks(on: Executor, taskIds: readonly string[], options?: QueryOptions) {
  const ids = taskIdArray(checkedTaskIds(taskIds));
  return await on.write.anyFirst(sql.type(changed)`SELECT tasks.resume(${ids}) AS "taskId"`, options);
}
