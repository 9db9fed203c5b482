import { type TaskPriorityType, taskPriorityType } from "@mister-smith/schema";
import { z } from "zod";
import type { JsonInput } from "../json/json-input.ts";
import { textInput } from "../text/text-input.ts";
import { longestMs, writtenTime } from "../time/time-input.ts";

/** A task that another one waits for. */
export interface NewDependency {
  readonly taskId: string;
  /**
   * What is waited for. `completion` (the default): that it is completed. `data`: the same, and the handler asks for its
   * result. `start`: that somebody began with it. `resource`: that it has ended in any way, so that what it used is free.
   */
  readonly type?: "completion" | "data" | "start" | "resource" | undefined;
  /**
   * What becomes of the waiting task when the other one fails for good or is cancelled. `cancel` (the default): it is
   * cancelled too. `ignore`: it goes on. `wait`: it waits until the other one was redriven and is completed.
   */
  readonly onFailure?: "cancel" | "ignore" | "wait" | undefined;
}

/** How a task that failed is tried again. */
export interface RetryPolicy {
  /** Before the first retry, in milliseconds, at most 1e12. Default: 1000. */
  readonly delayMs?: number | undefined;
  /** By what the delay grows each time. Default: 2. */
  readonly factor?: number | undefined;
  /** The longest delay, in milliseconds, at most 1e12. Default: an hour. */
  readonly maxDelayMs?: number | undefined;
}

/** A task to be enqueued. */
export interface NewTask {
  /** What kind of task it is: who has a handler for the type may claim it. 1 to 100 characters. */
  readonly taskType: string;
  /** What is to be done; any JSON. Default: an empty object. */
  readonly payload?: JsonInput | undefined;
  /**
   * Its identifier, a UUID. Default: a new one. With an identifier that a task of the type has already nothing happens; one
   * that a task of another type has is refused (`ALREADY_EXISTS`), as is one that two tasks of a call have (`INVALID_INPUT`).
   */
  readonly taskId?: string | undefined;
  readonly taskName?: string | undefined;
  /** Default: normal. */
  readonly priority?: TaskPriorityType | undefined;
  /** Not to be started before. */
  readonly scheduledAt?: Date | undefined;
  /** Not to be started before so many milliseconds have passed, by the server's clock. */
  readonly delayMs?: number | undefined;
  /**
   * Not worth starting after, by the server's clock: a task that may be claimed is cancelled then. One that waits for
   * others, is paused, or stands behind another in its order key stays until it has become pending, and is cancelled then.
   */
  readonly expiresAt?: Date | undefined;
  /** As {@link NewTask.expiresAt}, in milliseconds from now, by the server's clock. */
  readonly expiresInMs?: number | undefined;
  /** How long one attempt may take, in milliseconds. Default: an hour. */
  readonly maxExecutionMs?: number | undefined;
  /** How often it is tried again after a failure. Default: 3. */
  readonly maxRetries?: number | undefined;
  readonly retry?: RetryPolicy | undefined;
  /** Tasks of the type with the same key are done one after the other, in the order they came; others run beside them. */
  readonly orderKey?: string | undefined;
  /** While a task of the type with the same key has not ended, no other is enqueued: the caller is told of that one. */
  readonly uniqueKey?: string | undefined;
  readonly dependsOn?: readonly (string | NewDependency)[] | undefined;
  /** The only agent that may do it. Default: any. */
  readonly assignedAgentId?: string | undefined;
  readonly createdByAgentId?: string | undefined;
  readonly parentTaskId?: string | undefined;
  /** How it is to be done; any JSON object. The field `retry` is {@link NewTask.retry}'s. */
  readonly configuration?: { readonly [name: string]: JsonInput } | undefined;
  readonly metadata?: { readonly [name: string]: JsonInput } | undefined;
}

const ms = z.int().min(0).max(longestMs);
/** The longest pause that the server makes between two attempts: 31 years. */
const longestRetryMs = 1_000_000_000_000;
const retryMs = z.int().min(0).max(longestRetryMs);
const key = textInput(255);

const unchecked = z.unknown();

const dependency = z.strictObject({
  taskId: z.guid(),
  type: z.enum(["completion", "data", "start", "resource"]).optional(),
  onFailure: z.enum(["cancel", "ignore", "wait"]).optional(),
});

/** The zod schema of a task that is waited for. */
export const newDependency = z.union([z.guid(), dependency]);

/** The zod schema of what a task waits for: each task once. */
export const newDependencies = z
  .array(newDependency)
  .max(10_000)
  .superRefine((dependencies, context) => {
    const seen = new Set<string>();
    for (const given of dependencies) {
      const taskId = (typeof given === "string" ? given : given.taskId).toLowerCase();
      if (seen.has(taskId)) context.addIssue(`task ${taskId} is named twice`);
      seen.add(taskId);
    }
  });

const retry = z.strictObject({
  delayMs: retryMs.optional(),
  factor: z.number().min(1).max(100).optional(),
  maxDelayMs: retryMs.optional(),
});

function isSame(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && one.toLowerCase() === other?.toLowerCase();
}

/** The zod schema of {@link NewTask}; its JSON is checked where it becomes text. */
export const newTask = z
  .strictObject({
    taskType: textInput(100),
    payload: unchecked,
    taskId: z.guid().optional(),
    taskName: textInput(255).or(z.literal("")).optional(),
    priority: taskPriorityType.optional(),
    scheduledAt: writtenTime.optional(),
    delayMs: ms.optional(),
    // Whether it is over already is for the server's clock to say.
    expiresAt: writtenTime.optional(),
    expiresInMs: ms.min(1).optional(),
    maxExecutionMs: ms.min(1).optional(),
    maxRetries: z.int().min(0).max(1_000_000).optional(),
    retry: retry.optional(),
    orderKey: key.optional(),
    uniqueKey: key.optional(),
    dependsOn: newDependencies.optional(),
    assignedAgentId: z.guid().optional(),
    createdByAgentId: z.guid().optional(),
    parentTaskId: z.guid().optional(),
    configuration: z.record(z.string(), unchecked).optional(),
    metadata: z.record(z.string(), unchecked).optional(),
  })
  .partial({ payload: true })
  .refine(({ scheduledAt, delayMs }) => scheduledAt === undefined || delayMs === undefined, {
    error: "give scheduledAt or delayMs, not both",
  })
  .refine(({ expiresAt, expiresInMs }) => expiresAt === undefined || expiresInMs === undefined, {
    error: "give expiresAt or expiresInMs, not both",
  })
  .refine(({ taskId, parentTaskId }) => !isSame(taskId, parentTaskId), {
    error: "a task cannot be its own parent",
    path: ["parentTaskId"],
  })
  .refine(({ configuration, retry }) => retry === undefined || configuration?.["retry"] === undefined, {
    error: "give retry or configuration.retry, not both",
  });
/** A {@link NewTask} that was checked. */
export type CheckedTask = z.output<typeof newTask>;
