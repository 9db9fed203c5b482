import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { queue, type Task } from "./task.ts";

/** Reads a task; see {@link Tasks.get}. */
export async function getTask(on: Executor, taskId: string, options?: QueryOptions): Promise<Task | null> {
  return await on.read.maybeOne(
    selectTask(parseInput(z.guid(), taskId, "the identifier of a task")),
    options,
  );
}

function selectTask(taskId: string) {
  return sql.type(queue.row)`
    SELECT ${queue.columns("q")} FROM tasks.queue AS q WHERE q.task_id = ${taskId}::UUID LIMIT 1`;
}
