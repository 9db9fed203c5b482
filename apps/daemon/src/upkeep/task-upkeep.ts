import type { Database } from "@mister-smith/client";

/** Enqueues what schedules say is due, and sees to leases and tasks that ran out. */
export async function keepTasks(database: Database, signal: AbortSignal): Promise<void> {
  await database.tasks.runDueSchedules({ signal });
  await database.tasks.maintain({ signal });
}
