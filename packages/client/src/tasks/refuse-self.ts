import { ClientError } from "../errors/client-error.ts";

/** Refuses that a task waits for itself, which the server would do only for all tasks of the statement. */
export function refuseSelf(taskId: string, others: readonly (string | { readonly taskId: string })[]): void {
  const own = taskId.toLowerCase();
  const isOwn = others.some(
    (other) => (typeof other === "string" ? other : other.taskId).toLowerCase() === own,
  );
  if (!isOwn) return;
  throw new ClientError("DEPENDENCY_CYCLE", `task ${taskId} would wait for itself`, {
    hint: "Leave it out of what it is to wait for.",
    details: { taskId },
  });
}
