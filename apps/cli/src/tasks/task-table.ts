import type { Task } from "@mister-smith/client";
import type { Colours } from "../output/colours.ts";
import { shortText } from "../output/safe-text.ts";
import { table } from "../output/table.ts";
import { utcText } from "../output/utc-text.ts";
import { taskStatusText } from "./task-status-text.ts";

/** Tasks below each other, within 120 columns. */
export function taskTable(tasks: readonly Task[], colours: Colours): string[] {
  const rows = tasks.map((task) => [
    task.taskId,
    taskStatusText(task.status, colours),
    task.priority,
    utcText(task.createdAt),
    shortText(task.taskType, 36),
  ]);
  return table(["task", "status", "priority", "enqueued", "type"], rows, colours);
}
