import type { TaskDependent, TaskExecution } from "@mister-smith/client";
import type { Colours } from "../output/colours.ts";
import { count } from "../output/count.ts";
import { durationText } from "../output/duration-text.ts";
import { fields } from "../output/fields.ts";
import { jsonText, shortJson } from "../output/json-text.ts";
import { safeText, shortText } from "../output/safe-text.ts";
import { section } from "../output/section.ts";
import { stackedTable } from "../output/stacked-table.ts";
import { table } from "../output/table.ts";
import { exactUtcText, utcText } from "../output/utc-text.ts";
import type { TaskReport } from "./read-task.ts";
import { taskStatusText } from "./task-status-text.ts";

/** A task for people. */
export function taskText(
  { task, why, standing, attempts, waitsFor, waitedForBy }: TaskReport,
  colours: Colours,
): string {
  const { lease } = standing;
  const latest = attempts.findLast(({ result }) => result !== null);
  return [
    ...fields(
      [
        ["task", task.taskId],
        ["type", safeText(task.taskType)],
        ["name", task.taskName === null ? null : safeText(task.taskName)],
        ["status", taskStatusText(task.status, colours)],
        ["now", why],
        ["priority", task.priority],
        ["enqueued", exactUtcText(task.createdAt)],
        ["not before", timeOrNothing(task.scheduledAt)],
        ["expires", timeOrNothing(task.expiresAt)],
        ["started", timeOrNothing(task.startedAt)],
        ["ended", timeOrNothing(task.completedAt)],
        [
          "retries",
          `${task.retryCount} of ${task.maxRetries}; an attempt may take ${durationText(task.maxExecutionTime)}`,
        ],
        ["order key", task.orderKey === null ? null : safeText(task.orderKey)],
        ["unique key", task.uniqueKey === null ? null : safeText(task.uniqueKey)],
        ["only for agent", task.assignedAgentId],
        ["created by", task.createdByAgentId],
        ["parent task", task.parentTaskId],
      ],
      colours,
    ),
    ...section(
      "lease",
      lease === null
        ? []
        : fields(
            [
              ["agent", lease.agentId],
              ["since", exactUtcText(lease.startedAt)],
              ["last heard of", exactUtcText(lease.heartbeatAt)],
              ["until", exactUtcText(lease.leaseExpiresAt)],
              ["fencing token", String(lease.fencingToken)],
              ["progress", lease.progress === null ? "none told" : shortJson(lease.progress, 100)],
            ],
            colours,
          ),
      colours,
    ),
    ...section(`waits for ${count(waitsFor.length, "task")}`, dependencyTable(waitsFor, colours), colours),
    ...section(
      `${count(waitedForBy.length, "task")} ${waitedForBy.length === 1 ? "waits" : "wait"} for it`,
      dependencyTable(waitedForBy, colours),
      colours,
    ),
    ...section("attempts", attemptTable(attempts, colours), colours),
    ...section("payload", jsonText(task.payload).split("\n"), colours),
    ...section(
      "configuration",
      isEmpty(task.configuration) ? [] : jsonText(task.configuration).split("\n"),
      colours,
    ),
    ...section("metadata", isEmpty(task.metadata) ? [] : jsonText(task.metadata).split("\n"), colours),
    ...section("result", latest === undefined ? [] : jsonText(latest.result).split("\n"), colours),
  ].join("\n");
}

function timeOrNothing(time: Date | null): string | null {
  return time === null ? null : exactUtcText(time);
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function dependencyTable(others: readonly TaskDependent[], colours: Colours): string[] {
  if (others.length === 0) return [];
  const rows = others.map((other) => [
    other.taskId,
    taskStatusText(other.status, colours),
    other.type,
    other.onFailure,
    shortText(other.taskType, 36),
  ]);
  return table(["task", "status", "for its", "on failure", "type"], rows, colours);
}

function attemptTable(attempts: readonly TaskExecution[], colours: Colours): string[] {
  if (attempts.length === 0) return [];
  const rows = attempts.map((attempt) => ({
    cells: [
      String(attempt.executionAttempt),
      utcText(attempt.startedAt),
      attempt.completedAt === null ? "-" : durationText(+attempt.completedAt - +attempt.startedAt),
      taskStatusText(attempt.status, colours),
      attempt.agentId,
    ],
    below: attempt.errorMessage === null ? "" : shortText(attempt.errorMessage, 110),
  }));
  return stackedTable(["no", "started", "took", "ended", "agent"], rows, colours);
}
