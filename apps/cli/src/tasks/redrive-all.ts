import type { Database, TaskOutcome } from "@mister-smith/client";

/**
 * Begins anew with every task that failed for good, or every one of a type, page by page. What was redriven before it
 * stopped stays redriven.
 *
 * @param onPage told after each page how many were looked at so far
 */
export async function redriveAll(
  { tasks }: Database,
  taskType: string | undefined,
  signal: AbortSignal,
  onPage: (looked: number) => void,
): Promise<readonly TaskOutcome[]> {
  const outcomes: TaskOutcome[] = [];
  const taskTypes = taskType === undefined ? undefined : [taskType];
  let cursor: string | null = null;
  do {
    const page = await tasks.deadLetters({ taskTypes, cursor, limit: 1000 }, { signal });
    outcomes.push(
      ...(await tasks.redrive(
        page.items.map(({ taskId }) => taskId),
        { signal },
      )),
    );
    onPage(outcomes.length);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return outcomes;
}
