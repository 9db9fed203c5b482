import type { BlockingTask, Task, TaskStanding, TypeLimits } from "@mister-smith/client";
import { count } from "../output/count.ts";
import { durationText } from "../output/duration-text.ts";
import { safeText } from "../output/safe-text.ts";
import { exactUtcText } from "../output/utc-text.ts";

/** What {@link whyItWaits} looks at. */
export interface WaitingTask {
  readonly task: Pick<
    Task,
    | "taskId"
    | "taskType"
    | "status"
    | "completedAt"
    | "expiresAt"
    | "retryCount"
    | "maxRetries"
    | "assignedAgentId"
    | "orderKey"
  >;
  readonly standing: TaskStanding;
  /** Those of its type; undefined when it has none. */
  readonly limits: TypeLimits | undefined;
}

/** In words: what happens with a task now, or what it waits for, and what a person can do about it. */
export function whyItWaits({ task, standing, limits }: WaitingTask): string {
  switch (task.status) {
    case "completed":
      return `it was completed at ${exactUtcText(task.completedAt)}`;
    case "failed":
      return `it failed for good at ${exactUtcText(task.completedAt)}; \`smith tasks redrive ${task.taskId}\` begins anew`;
    case "cancelled":
      return `it was cancelled at ${exactUtcText(task.completedAt)}; \`smith tasks redrive ${task.taskId}\` begins anew`;
    case "running":
      return whileRunning(standing);
    case "paused":
      return `it is held back until \`smith tasks resume ${task.taskId}\``;
    case "queued":
      return whileQueued(task, standing);
    case "pending":
      return whilePending({ task, standing, limits });
  }
}

function whileRunning({ lease, asOf }: TaskStanding): string {
  if (lease === null)
    return "it is marked as running, but nobody has a lease: it was not claimed through the queue";
  const { agentId, leaseExpiresAt, cancelRequested } = lease;
  const until = exactUtcText(leaseExpiresAt);
  if (leaseExpiresAt <= asOf)
    return `the lease of agent ${agentId} ran out at ${until}: the next worker that looks after the queue takes it away`;
  if (cancelRequested)
    return `agent ${agentId} is asked to stop; it is cancelled then, or when the lease runs out at ${until}`;
  return `agent ${agentId} works on it and has it until ${until}`;
}

function whileQueued(
  { taskId, orderKey }: WaitingTask["task"],
  { blockedBy, behindTaskId }: TaskStanding,
): string {
  const reasons = [
    ...(blockedBy.length === 0
      ? []
      : [
          `it waits for ${count(blockedBy.length, "task")}: ${blockedBy.slice(0, 3).map(inWords).join(", ")}`,
        ]),
    ...(behindTaskId === null
      ? []
      : [`it is not its turn: task ${behindTaskId} has the same order key ${safeText(orderKey ?? "")}`]),
  ];
  if (reasons.length > 0) return reasons.join("; ");
  return `nothing holds it up any more; if it stays so, \`smith tasks pause ${taskId}\` and \`smith tasks resume ${taskId}\` have it looked at again`;
}

function inWords({ taskId, status, onFailure }: BlockingTask): string {
  const isStuck = (status === "failed" || status === "cancelled") && onFailure === "wait";
  return `${taskId} (${status}${isStuck ? ", to be redriven" : ""})`;
}

function whilePending({ task, standing, limits }: WaitingTask): string {
  const { claimableFrom, asOf, runningOfType } = standing;
  const type = safeText(task.taskType);
  if (task.expiresAt !== null && task.expiresAt <= asOf)
    return `it expired at ${exactUtcText(task.expiresAt)}: the next worker that looks after the queue cancels it`;
  if (claimableFrom === null)
    return "it is missing among the tasks that can be claimed; `smith tasks repair` puts it back";
  if (claimableFrom > asOf) {
    const what = task.retryCount > 0 ? `retry ${task.retryCount} of ${task.maxRetries} is` : "it is";
    return `${what} not to be started before ${exactUtcText(claimableFrom)}; \`smith tasks retry ${task.taskId}\` starts it now`;
  }
  if (limits?.isPaused === true)
    return `tasks of type ${type} are paused until \`smith tasks limit ${type} --resume\``;
  if (limits?.maxRunning != null && runningOfType >= limits.maxRunning)
    return `${runningOfType} of type ${type} run, and its limit is ${limits.maxRunning} at once`;
  const ready = `it is ready since ${exactUtcText(claimableFrom)} and waits for a worker`;
  const whose =
    task.assignedAgentId === null
      ? `that takes ${type}`
      : `of agent ${task.assignedAgentId}, the only one that may`;
  const rate = limits?.rate;
  const slowly = rate == null ? "" : `; at most ${rate.limit} may start in ${durationText(rate.periodMs)}`;
  return `${ready} ${whose}; ${runningOfType} of its type run${slowly}`;
}
