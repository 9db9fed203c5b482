import type { Database, TaskOutcome } from "@mister-smith/client";

/**
 * Has tasks tried now: those that failed or were cancelled begin anew, those that wait for their time wait no longer.
 * Says of each what became of it.
 */
export async function retryTasks(
  { tasks }: Database,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly TaskOutcome[]> {
  const redriven = await tasks.redrive(ids, { signal });
  const waiting = redriven.filter(({ outcome }) => outcome === "is pending").map(({ taskId }) => taskId);
  if (waiting.length === 0) return redriven;
  const hurried = new Set(await tasks.reschedule(waiting, { scheduledAt: null }, { signal }));
  return redriven.map((one) => (hurried.has(one.taskId) ? { ...one, outcome: "ready now" } : one));
}
