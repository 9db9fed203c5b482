import { SmithError } from "@mister-smith/errors";
import type { Upkeep } from "./yielding.ts";

/**
 * Enqueues what schedules say is due, and sees to leases and tasks that ran out.
 *
 * @param report hears of each schedule whose task could not be enqueued, as a SmithError `SCHEDULE_FAILED`; all others are
 */
export async function keepTasks(
  upkeep: Upkeep,
  signal: AbortSignal,
  report: (error: SmithError) => void,
): Promise<void> {
  const runs = await upkeep.transaction((tx) => tx.tasks.runDueSchedules(), signal);
  for (const { schedule, error } of runs) if (error !== null) report(notEnqueued(schedule, error));
  await upkeep.transaction((tx) => tx.tasks.maintain(), signal);
}

function notEnqueued(schedule: string, cause: unknown): SmithError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SmithError("SCHEDULE_FAILED", `the task of schedule ${schedule} could not be enqueued: ${why}`, {
    hint: "`smith tasks schedules` shows when it is due next. Where its task is refused, set the schedule again with another.",
    cause,
    details: { schedule },
  });
}
