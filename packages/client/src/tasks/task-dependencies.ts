import { taskStatusType } from "@mister-smith/schema";
import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { isTransaction } from "../executor/is-transaction.ts";
import { storedJson } from "../json/stored-json.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type NewDependency, newDependencies } from "./new-task.ts";
import { refuseSelf } from "./refuse-self.ts";
import { taskFault } from "./task-fault.ts";

const dependency = z.object({
  taskId: z.string(),
  taskType: z.string(),
  type: z.enum(["completion", "data", "start", "resource"]),
  onFailure: z.enum(["cancel", "ignore", "wait"]),
  status: taskStatusType,
  /** What came out of the latest attempt that succeeded; null while there is none. */
  result: storedJson.nullable(),
});

/** A task that another one waits for, or waited for, with what came out of it. */
export type TaskDependency = z.output<typeof dependency>;

/** What a task waits for; see {@link Tasks.dependencies}. */
export async function taskDependencies(
  on: Executor,
  taskId: string,
  options?: QueryOptions,
): Promise<readonly TaskDependency[]> {
  const checked = parseInput(z.guid(), taskId, "the identifier of a task");
  return await on.write.any(
    sql.type(dependency)`
      SELECT
        q.task_id AS "taskId", q.task_type AS "taskType", d.dependency_type AS "type", d.on_failure AS "onFailure",
        q.status AS "status", e.result AS "result"
      FROM tasks.dependencies AS d
      JOIN tasks.queue AS q ON q.task_id = d.depends_on_task_id AND q.task_type = d.depends_on_task_type
      LEFT JOIN LATERAL (
        SELECT x.result FROM tasks.executions AS x
        WHERE x.task_id = q.task_id AND x.status = 'completed'
        ORDER BY x.started_at DESC
        LIMIT 1
      ) AS e ON TRUE
      WHERE d.task_id = ${checked}::UUID
      ORDER BY d.created_at, q.task_id`,
    options,
  );
}

/** Lets a task wait for others; see {@link Tasks.addDependencies}. */
export async function addTaskDependencies(
  on: Executor,
  taskId: string,
  dependencies: readonly (string | NewDependency)[],
  options?: QueryOptions,
): Promise<boolean> {
  const input = z.strictObject({ taskId: z.guid(), dependencies: newDependencies.min(1) });
  const checked = parseInput(input, { taskId, dependencies }, "the dependencies of a task");
  refuseSelf(checked.taskId, checked.dependencies);
  const documents = checked.dependencies.map((given) => {
    const other = typeof given === "string" ? { taskId: given } : given;
    return {
      waiting_task_id: checked.taskId,
      task_id: other.taskId,
      type: other.type ?? "completion",
      on_failure: other.onFailure ?? "cancel",
    };
  });
  const add = ({ write }: Pick<Executor, "write">) =>
    write.oneFirst(
      sql.type(z.object({ waits: z.boolean() }))`
        SELECT tasks.wait_for(${checked.taskId}::UUID, ${JSON.stringify(documents)}::JSONB) AS waits`,
      options,
    );
  try {
    // A refusal must not undo what the caller did before.
    return await (isTransaction(on) ? on.transaction(add) : add(on));
  } catch (error) {
    throw taskFault(error);
  }
}
