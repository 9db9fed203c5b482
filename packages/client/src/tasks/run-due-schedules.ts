import { DatabaseError, isRefusalOfValues } from "@mister-smith/errors";
import { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { failureOf } from "../resilience/failure.ts";
import { sql } from "../statement/sql.ts";
import { type EnqueuedTask, enqueueChecked } from "./enqueue-tasks.ts";
import { newTask } from "./new-task.ts";
import { laterRun } from "./next-run.ts";
import { dueSchedules, mostRuns, type Schedule } from "./schedules.ts";
import { withShortLockWaits } from "./short-lock-waits.ts";

/** A run of a schedule. */
export interface ScheduleRun {
  readonly schedule: string;
  /** For which time. */
  readonly dueAt: Date;
  /** The task of this run; null when it could not be enqueued. */
  readonly taskId: string | null;
  /** False: the run before has not ended and has the task's unique key, or there is an error; nothing was enqueued. */
  readonly isNew: boolean;
  /**
   * When it is due next; null when never: it is not active any more. The same as `dueAt` when what kept it from running
   * may pass, as somebody's lock does: it is still due, and the next call tries again.
   */
  readonly nextRunAt: Date | null;
  /** Why nothing could be enqueued, as when an agent that the task names is gone; null when all is well. */
  readonly error: unknown;
}

/** Enqueues the tasks of the schedules that are due; see {@link Tasks.runDueSchedules}. */
export async function runDueSchedules(on: Executor, options?: QueryOptions): Promise<readonly ScheduleRun[]> {
  return await on.transaction(async (tx) => {
    let limit = mostRuns;
    let due = await tx.write.any(dueSchedules([], limit), options);
    if (due.length === 0) return [];
    const runs: ScheduleRun[] = [];
    // The others are there only when all have been tried.
    await withShortLockWaits(
      tx,
      async (waitAtMost) => {
        for (;;) {
          for (const schedule of due) {
            runs.push(await runOnce(tx, schedule, schedule.now, options));
            if (runs.filter(isStillDue).length === mostWaits) await waitAtMost(shortestWaitMs);
          }
          // Those that stay due would be the first each time, and keep back all behind them.
          const left = mostRuns - runs.filter((run) => !isStillDue(run)).length;
          if (due.length < limit || left === 0) return;
          limit = left;
          const tried = runs.map(({ schedule }) => schedule);
          due = await tx.write.any(dueSchedules(tried, limit), options);
        }
      },
      options,
    );
    return runs;
  }, options);
}

/** How many schedules wait for somebody's lock in one call until the others no longer do. */
const mostWaits = 10;
/** For how long the others wait, in milliseconds. */
const shortestWaitMs = 5;

/** Whether something kept the run from being enqueued that may pass. */
export function isStillDue({ dueAt, nextRunAt }: ScheduleRun): boolean {
  return nextRunAt?.getTime() === dueAt.getTime();
}

// Runs that were missed while nobody looked are made up for by one.
async function runOnce(
  tx: Executor,
  schedule: Schedule,
  now: Date,
  options: QueryOptions | undefined,
): Promise<ScheduleRun> {
  const notRun = { schedule: schedule.name, dueAt: schedule.nextRunAt, taskId: null, isNew: false };
  let nextRunAt: Date | null = null;
  let enqueued: EnqueuedTask;
  try {
    nextRunAt = laterRun(schedule, now);
    // In a savepoint: the other schedules run all the same.
    enqueued = await tx.transaction((inner) => enqueueRun(inner, schedule, options));
  } catch (error) {
    if (isForGood(error)) {
      await tx.write.query(passOver(schedule, nextRunAt), options);
      return { ...notRun, nextRunAt, error };
    }
    if (isOfThisOne(error)) return { ...notRun, nextRunAt: schedule.nextRunAt, error };
    // Nothing is wrong with the schedule then: all that is due stays due.
    throw error;
  }
  await tx.write.query(noteRun(schedule, nextRunAt, enqueued.taskId), options);
  return { ...notRun, ...enqueued, nextRunAt, error: null };
}

/** Whether the task is refused, so that it would be again. */
function isForGood(error: unknown): boolean {
  if (error instanceof ClientError) return refusals.has(error.code);
  if (!(error instanceof DatabaseError)) return false;
  // What a trigger of the application raises is `other`.
  return isRefusalOfValues(error.cause) || (error.sqlState !== undefined && error.errorClass === "other");
}

const refusals: ReadonlySet<string> = new Set([
  "INVALID_INPUT",
  "NOT_FOUND",
  "WRONG_STATUS",
  "ALREADY_EXISTS",
  "DEPENDENCY_CYCLE",
]);

/** Whether it is this schedule's alone: what is in its way, as a lock, is not in that of the others. */
function isOfThisOne(error: unknown): boolean {
  return !(error instanceof ClientError) && failureOf(error) === "final";
}

async function enqueueRun(
  tx: Executor,
  { name, nextRunAt, task: stored }: Schedule,
  options: QueryOptions | undefined,
): Promise<EnqueuedTask> {
  const task = parseInput(newTask, stored, `the task of schedule ${name}`);
  const metadata = { ...task.metadata, schedule: name, dueAt: nextRunAt.toISOString() };
  const [enqueued] = await enqueueChecked(tx, [{ ...task, metadata }], options);
  // One task, one answer.
  return enqueued as NonNullable<typeof enqueued>;
}

function noteRun({ name, nextRunAt }: Schedule, next: Date | null, taskId: string) {
  return sql.type(z.object({}))`
    UPDATE tasks.schedules AS s
    SET next_run_at = COALESCE(${next?.toISOString() ?? null}::TIMESTAMPTZ, s.next_run_at),
      is_active = ${next !== null}, last_run_at = ${nextRunAt.toISOString()}::TIMESTAMPTZ,
      last_task_id = ${taskId}::UUID
    WHERE s.schedule_name = ${name}`;
}

function passOver({ name }: Schedule, next: Date | null) {
  return sql.type(z.object({}))`
    UPDATE tasks.schedules AS s
    SET next_run_at = COALESCE(${next?.toISOString() ?? null}::TIMESTAMPTZ, s.next_run_at),
      is_active = ${next !== null}
    WHERE s.schedule_name = ${name}`;
}
