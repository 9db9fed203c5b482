import type { RunningTask } from "@mister-smith/client";
import type { Colours } from "../output/colours.ts";
import { shortJson } from "../output/json-text.ts";
import { shortText } from "../output/safe-text.ts";
import { stackedTable } from "../output/stacked-table.ts";
import { utcText } from "../output/utc-text.ts";

/** Tasks that somebody works on, each with its worker below it, within 120 columns. */
export function runningTable(tasks: readonly RunningTask[], colours: Colours): string[] {
  const rows = tasks.map((task) => ({
    cells: [
      task.taskId,
      utcText(task.startedAt),
      utcText(task.leaseExpiresAt),
      task.cancelRequested ? colours.yellow("asked to stop") : "",
      shortText(task.taskType, 22),
    ],
    below: `by ${task.agentId}${task.progress === null ? "" : `  ${shortJson(task.progress, 76)}`}`,
  }));
  return stackedTable(["task", "started", "lease until", "", "type"], rows, colours);
}
