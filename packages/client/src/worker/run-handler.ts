import type { JsonValue } from "@mister-smith/schema";
import { z } from "zod";
import type { Attempt } from "./attempt.ts";
import { FatalTaskError } from "./task-error.ts";
import type { TaskHandlerSpec, TaskResult, TaskWith } from "./task-handler.ts";

/** Lets the handler of its type do a task. */
export function runHandler(
  handlers: ReadonlyMap<string, TaskHandlerSpec>,
  attempt: Attempt,
): TaskResult | Promise<TaskResult> {
  const spec = handlers.get(attempt.taskType);
  // Only types with a handler are claimed.
  if (spec === undefined)
    throw new FatalTaskError(`there is no handler for tasks of type ${attempt.taskType}`);
  if (spec.payload === undefined) return spec.handle(attempt.task, attempt);
  return runChecked(spec, spec.payload, attempt);
}

async function runChecked(spec: TaskHandlerSpec, schema: z.ZodType, attempt: Attempt): Promise<TaskResult> {
  const { task } = attempt;
  const parsed = await schema.safeParseAsync(task.payload);
  if (!parsed.success)
    throw new FatalTaskError(
      `the payload of task ${task.taskId} is not what type ${task.taskType} allows: ${z.prettifyError(parsed.error)}`,
      {
        details: {
          issues: parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message })),
        },
      },
    );
  // The handler was made for the schema's output, by `taskHandler`.
  const checked: TaskWith<JsonValue> = { ...task, payload: parsed.data as JsonValue };
  return await spec.handle(checked, attempt);
}
