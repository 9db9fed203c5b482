import type { Task } from "@mister-smith/client";
import type { Colours } from "../output/colours.ts";

/** The status of a task, painted by how much it needs somebody. */
export function taskStatusText(status: Task["status"], colours: Colours): string {
  if (status === "failed") return colours.red(status);
  if (status === "paused" || status === "cancelled") return colours.yellow(status);
  return status === "running" ? colours.green(status) : status;
}
