import { jsonText } from "../json/json-text.ts";
import type { CheckedTask } from "./new-task.ts";

/** A task that was checked, as `tasks.enqueue()` takes it. */
export interface WrittenTask {
  readonly task: CheckedTask;
  /** Its fields as JSON text, but for its identifier. */
  readonly fields: string;
}

/**
 * Writes a task as `tasks.enqueue()` takes it.
 *
 * Field by field: the payload, most of it, is made into text once.
 */
export function writtenTask(task: CheckedTask): WrittenTask {
  const fields = [`"task_type":${JSON.stringify(task.taskType)}`];
  const add = (name: string, value: unknown, what: string = name) => {
    if (value !== undefined) fields.push(`"${name}":${jsonText(value, `the ${what} of a task`)}`);
  };
  add("payload", task.payload);
  add("task_name", task.taskName, "name");
  add("priority", task.priority);
  add("scheduled_at", task.scheduledAt?.toISOString());
  add("delay_ms", task.delayMs);
  add("expires_at", task.expiresAt?.toISOString());
  add("expires_in_ms", task.expiresInMs);
  add("max_execution_ms", task.maxExecutionMs);
  add("max_retries", task.maxRetries);
  add("order_key", task.orderKey, "order key");
  add("unique_key", task.uniqueKey, "unique key");
  add("depends_on", dependencies(task));
  add("assigned_agent_id", task.assignedAgentId);
  add("created_by_agent_id", task.createdByAgentId);
  add("parent_task_id", task.parentTaskId);
  add("configuration", configuration(task));
  add("metadata", task.metadata);
  return { task, fields: fields.join() };
}

function dependencies({ dependsOn }: CheckedTask) {
  if (dependsOn === undefined || dependsOn.length === 0) return undefined;
  return dependsOn.map((given) => {
    const {
      taskId,
      type = "completion",
      onFailure = "cancel",
    } = typeof given === "string" ? { taskId: given } : given;
    return { task_id: taskId, type, on_failure: onFailure };
  });
}

function configuration({ configuration, retry }: CheckedTask) {
  if (retry === undefined) return configuration;
  const { delayMs, factor, maxDelayMs } = retry;
  return {
    ...configuration,
    retry: {
      ...(delayMs === undefined ? {} : { delay_ms: delayMs }),
      ...(factor === undefined ? {} : { factor }),
      ...(maxDelayMs === undefined ? {} : { max_delay_ms: maxDelayMs }),
    },
  };
}
