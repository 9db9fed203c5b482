import { NotFound } from "../not-found.ts";

/** The error for a task that does not exist. */
export function noTask(taskId: string): NotFound {
  return new NotFound(
    "task",
    taskId,
    "`smith tasks list` shows the tasks that there are; old ones may be pruned.",
  );
}
