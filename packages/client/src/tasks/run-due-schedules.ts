import { z } from "zod";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { enqueueChecked } from "./enqueue-tasks.ts";
import { newTask } from "./new-task.ts";
import { nextRun } from "./next-run.ts";
import { dueSchedules, type Schedule } from "./schedules.ts";

/** A run of a schedule. */
export interface ScheduleRun {
  readonly schedule: string;
  /** For which time. */
  readonly dueAt: Date;
  readonly taskId: string;
  /** False: the run before has not ended and has the task's unique key; nothing was enqueued. */
  readonly isNew: boolean;
}

/** Enqueues the tasks of the schedules that are due; see {@link Tasks.runDueSchedules}. */
export async function runDueSchedules(on: Executor, options?: QueryOptions): Promise<readonly ScheduleRun[]> {
  return await on.transaction(async (tx) => {
    const due = await tx.write.any(dueSchedules, options);
    const runs: ScheduleRun[] = [];
    for (const schedule of due) runs.push(await runOnce(tx, schedule, schedule.now, options));
    return runs;
  }, options);
}

// Runs that were missed while nobody looked are made up for by one.
async function runOnce(
  tx: Executor,
  schedule: Schedule,
  now: Date,
  options: QueryOptions | undefined,
): Promise<ScheduleRun> {
  const { name, nextRunAt: dueAt } = schedule;
  const task = newTask.parse(schedule.task);
  const metadata = { ...task.metadata, schedule: name, dueAt: dueAt.toISOString() };
  const [enqueued] = await enqueueChecked(tx, [{ ...task, metadata }], options);
  // One task, one answer.
  const { taskId, isNew } = enqueued as NonNullable<typeof enqueued>;
  await tx.write.query(noteRun(schedule, nextRun(schedule, now), taskId), options);
  return { schedule: name, dueAt, taskId, isNew };
}

function noteRun({ name, nextRunAt }: Schedule, next: Date, taskId: string) {
  return sql.type(z.object({}))`
    UPDATE tasks.schedules AS s
    SET next_run_at = ${next.toISOString()}::TIMESTAMPTZ, last_run_at = ${nextRunAt.toISOString()}::TIMESTAMPTZ,
      last_task_id = ${taskId}::UUID
    WHERE s.schedule_name = ${name}`;
}
