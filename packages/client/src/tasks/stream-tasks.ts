import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { queue, type Task } from "./task.ts";
import { matchesTask, type TaskFilter, taskFilter } from "./task-filter.ts";

const filterInput = z.strictObject(taskFilter);

/** All tasks that meet a filter; see {@link Tasks.stream}. */
export function streamTasks(
  on: Executor,
  filter: TaskFilter = {},
  options?: QueryOptions,
): AsyncIterable<Task> {
  const checked = parseInput(filterInput, filter, "the tasks to stream");
  return on.read.stream(
    sql.type(queue.row)`SELECT ${queue.columns("q")} FROM tasks.queue AS q WHERE ${matchesTask(checked)}`,
    options,
  );
}
