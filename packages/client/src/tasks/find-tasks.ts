import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { type CursorKind, pageOf, readCursor } from "../page/cursor.ts";
import { type Page, type PageOptions, pageOptions } from "../page/page.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { queue, type Task } from "./task.ts";
import { matchesTask, type TaskFilter, taskFilter } from "./task-filter.ts";

/** Which tasks to find, and which part of them. */
export interface FindTasksInput extends TaskFilter, PageOptions {}

const findInput = z.strictObject({ ...taskFilter, ...pageOptions });
const byId: CursorKind<[string]> = { list: "tasks", position: z.tuple([z.guid()]) };

/** Finds tasks; see {@link Tasks.find}. */
export async function findTasks(
  on: Executor,
  input: FindTasksInput = {},
  options?: QueryOptions,
): Promise<Page<Task>> {
  const { limit, cursor, ...filter } = parseInput(findInput, input, "the tasks to find");
  const after = readCursor(byId, cursor);
  // The key begins with the identifier, and those made here grow with time: newest first, for these, without a sort.
  const rows = await on.read.any(
    sql.type(queue.row)`
      SELECT ${queue.columns("q")}
      FROM tasks.queue AS q
      WHERE ${matchesTask(filter)} AND ${after === null ? sql.fragment`TRUE` : sql.fragment`q.task_id < ${after[0]}::UUID`}
      ORDER BY q.task_id DESC
      LIMIT ${limit + 1}`,
    options,
  );
  return pageOf(
    byId,
    rows,
    limit,
    ({ taskId }) => [taskId],
    (task) => task,
  );
}
