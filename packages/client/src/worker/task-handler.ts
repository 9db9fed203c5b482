import type { JsonValue } from "@mister-smith/schema";
import type { z } from "zod";
import type { JsonInput } from "../json/json-input.ts";
import type { ClaimedTask } from "../tasks/claimed-task.ts";
import type { TaskContext } from "./task-context.ts";

/** A claimed task whose payload was checked. */
export type TaskWith<Payload> = Omit<ClaimedTask, "payload"> & { readonly payload: Payload };

/** What a handler may return: the task's result. Nothing is null. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler without a return statement returns void
export type TaskResult = JsonInput | undefined | void;

/**
 * Does a task. What it returns is the task's result; what it throws is why the attempt failed.
 *
 * It should end soon after `context.signal` is aborted: then nobody waits for its result any more.
 */
export type TaskHandler<Payload = JsonValue> = (
  task: TaskWith<Payload>,
  context: TaskContext,
) => TaskResult | Promise<TaskResult>;

/** A handler with what belongs to its type of task. */
export interface TaskHandlerSpec {
  readonly handle: TaskHandler;
  /**
   * At most how many tasks of this type this worker does at once. Default: as many as of all types together. A type with
   * a number of its own is claimed apart from the others: which of them is claimed first goes by turns, not by priority.
   */
  readonly concurrency?: number | undefined;
  /** Checks payloads: a task whose payload does not meet it is dead at once. */
  readonly payload?: z.ZodType | undefined;
}

/**
 * A handler that is given payloads of the schema's type.
 *
 * @example
 * ```ts
 * const resize = taskHandler({
 *   payload: z.object({ path: z.string(), width: z.int() }),
 *   handle: async ({ payload }, { signal }) => await resizeImage(payload.path, payload.width, signal),
 * });
 * ```
 */
export function taskHandler<Schema extends z.ZodType>(spec: {
  readonly payload: Schema;
  readonly handle: TaskHandler<z.output<Schema>>;
  readonly concurrency?: number | undefined;
}): TaskHandlerSpec {
  // The worker parses the payload by the schema before it calls the handler.
  return { ...spec, handle: spec.handle as TaskHandler };
}
