import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { type CursorKind, pageOf, readCursor } from "../page/cursor.ts";
import { type Page, type PageOptions, pageOptions } from "../page/page.ts";
import { exactTime, olderThan, type TimePosition, timePosition } from "../page/time-position.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { anyText } from "../text/text-input.ts";

const filter = { taskTypes: z.array(anyText).optional() };
const findInput = z.strictObject({ ...filter, ...pageOptions });

/** Which dead letters, and which part of them. */
export interface DeadLettersInput extends PageOptions {
  /** Only of these types. Default: all. */
  readonly taskTypes?: string[] | undefined;
}

const deadLetter = z.object({
  taskId: z.string(),
  taskType: z.string(),
  failedAt: z.date(),
  attempts: z.union([z.int(), z.string(), z.bigint()]).transform(Number),
  errorMessage: z.string(),
});
/** A task that failed for good. */
export type DeadLetter = z.output<typeof deadLetter>;

const newestFirst: CursorKind<TimePosition> = { list: "dead letters", position: timePosition };

/** The tasks that failed for good, newest first; see {@link Tasks.deadLetters}. */
export async function deadLetters(
  on: Executor,
  input: DeadLettersInput = {},
  options?: QueryOptions,
): Promise<Page<DeadLetter>> {
  const { limit, cursor, taskTypes } = parseInput(findInput, input, "the dead letters to find");
  const after = readCursor(newestFirst, cursor);
  const rows = await on.read.any(
    sql.type(deadLetter.extend({ exactTime: z.string() }))`
      SELECT
        d.task_id AS "taskId", d.task_type AS "taskType", d.failed_at AS "failedAt", d.attempts,
        d.error_message AS "errorMessage", ${exactTime(sql.fragment`d.failed_at`)} AS "exactTime"
      FROM tasks.dead_letters AS d
      WHERE ${ofTypes(taskTypes)} AND ${olderThan(after, sql.fragment`d.failed_at`, sql.fragment`d.task_id`)}
      ORDER BY d.failed_at DESC, d.task_id DESC
      LIMIT ${limit + 1}`,
    options,
  );
  return pageOf(
    newestFirst,
    rows,
    limit,
    (row) => [row.exactTime, row.taskId],
    ({ exactTime: _, ...row }) => row,
  );
}

function ofTypes(taskTypes: readonly string[] | undefined) {
  return taskTypes === undefined
    ? sql.fragment`TRUE`
    : sql.fragment`d.task_type = ANY (${sql.array([...taskTypes], "text")})`;
}
