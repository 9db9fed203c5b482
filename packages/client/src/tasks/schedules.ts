import { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { jsonText } from "../json/json-text.ts";
import { storedJson } from "../json/stored-json.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { textInput } from "../text/text-input.ts";
import { type CheckedTask, type NewTask, newTask } from "./new-task.ts";
import { nextRun } from "./next-run.ts";

/** Tasks that are enqueued again and again. */
export interface ScheduleInput {
  /** Its name; a schedule of the name is replaced. 1 to 255 characters. */
  readonly name: string;
  /** When: five fields of cron, or six with seconds first. */
  readonly cron: string;
  /** By its IANA name. Default: UTC. */
  readonly timeZone?: string | undefined;
  /** What to enqueue. With a `uniqueKey` a run is left out while the one before has not ended. */
  readonly task: Omit<NewTask, "taskId" | "scheduledAt" | "expiresAt" | "dependsOn">;
  /** Whether it enqueues anything. Default: true. */
  readonly isActive?: boolean | undefined;
}

const input = z.strictObject({
  name: textInput(255),
  cron: textInput(255),
  timeZone: textInput(100).default("UTC"),
  task: newTask,
  isActive: z.boolean().default(true),
});

const schedule = z.object({
  name: z.string(),
  cron: z.string(),
  timeZone: z.string(),
  taskType: z.string(),
  task: storedJson,
  isActive: z.boolean(),
  nextRunAt: z.date(),
  lastRunAt: z.date().nullable(),
  lastTaskId: z.string().nullable(),
});

/** A schedule as it stands. */
export type Schedule = z.output<typeof schedule>;

/** The columns of a schedule under their final names. */
const scheduleColumns = sql.fragment`
  s.schedule_name AS "name", s.cron_expression AS "cron", s.time_zone AS "timeZone", s.task_type AS "taskType",
  s.task AS "task", s.is_active AS "isActive", s.next_run_at AS "nextRunAt", s.last_run_at AS "lastRunAt",
  s.last_task_id AS "lastTaskId"`;

const serverTime = sql.type(z.object({ now: z.date() }))`SELECT pg_catalog.clock_timestamp() AS now`;

/** Makes or replaces a schedule; see {@link Tasks.setSchedule}. */
export async function setSchedule(
  on: Executor,
  given: ScheduleInput,
  options?: QueryOptions,
): Promise<Schedule> {
  const { name, cron, timeZone, task, isActive } = parseInput(input, given, "the schedule");
  for (const field of ["taskId", "scheduledAt", "expiresAt", "dependsOn"] as const) {
    if (task[field] === undefined) continue;
    throw new ClientError(
      "INVALID_INPUT",
      `the task of schedule ${name} has ${field}, which cannot be the same each time`,
      {
        hint: "Leave it out; delayMs and expiresInMs count from each run.",
        details: { schedule: name, field },
      },
    );
  }
  const next = nextRun({ cron, timeZone }, await on.write.oneFirst(serverTime, options));
  await refuseUnknown(on, name, task, options);
  return await on.write.one(
    sql.type(schedule)`
      INSERT INTO tasks.schedules AS s (
        schedule_name, task_type, cron_expression, time_zone, task, is_active, next_run_at
      )
      VALUES (
        ${name}, ${task.taskType}, ${cron}, ${timeZone}, ${jsonText(task, `the task of schedule ${name}`)}::JSONB,
        ${isActive}, ${next.toISOString()}::TIMESTAMPTZ
      )
      ON CONFLICT (schedule_name) DO UPDATE SET
        task_type = EXCLUDED.task_type, cron_expression = EXCLUDED.cron_expression,
        time_zone = EXCLUDED.time_zone, task = EXCLUDED.task, is_active = EXCLUDED.is_active,
        -- A run that was missed is still to be made up for.
        next_run_at = CASE
          WHEN s.is_active AND EXCLUDED.is_active AND s.cron_expression = EXCLUDED.cron_expression
            AND s.time_zone = EXCLUDED.time_zone THEN s.next_run_at
          ELSE EXCLUDED.next_run_at
        END
      RETURNING ${scheduleColumns}`,
    { ...options, idempotent: true },
  );
}

// Here the caller hears of it; when the schedule is due nobody may be there to hear.
async function refuseUnknown(
  on: Executor,
  name: string,
  task: CheckedTask,
  options: QueryOptions | undefined,
): Promise<void> {
  const { assignedAgentId = null, createdByAgentId = null, parentTaskId = null } = task;
  if (assignedAgentId === null && createdByAgentId === null && parentTaskId === null) return;
  const missing = await on.write.maybeOne(
    sql.type(z.object({ field: z.string(), id: z.string() }))`
      SELECT g.field AS "field", g.id AS "id"
      FROM (
        VALUES
          ('assignedAgentId', ${assignedAgentId}::UUID), ('createdByAgentId', ${createdByAgentId}::UUID),
          ('parentTaskId', ${parentTaskId}::UUID)
      ) AS g (field, id)
      WHERE g.id IS NOT NULL AND NOT CASE g.field
        WHEN 'parentTaskId' THEN EXISTS (SELECT FROM tasks.queue AS q WHERE q.task_id = g.id)
        ELSE EXISTS (SELECT FROM agents.registry AS a WHERE a.agent_id = g.id)
      END
      LIMIT 1`,
    options,
  );
  if (missing === null) return;
  const { field, id } = missing;
  const what = field === "parentTaskId" ? "task" : "agent";
  throw new ClientError(
    "NOT_FOUND",
    `${what} ${id}, the ${field} of schedule ${name}'s task, does not exist`,
    {
      hint: what === "task" ? "Enqueue the parent task first." : "Register the agent first.",
      details: { schedule: name, field, id },
    },
  );
}

/** All schedules; see {@link Tasks.schedules}. */
export async function listSchedules(on: Executor, options?: QueryOptions): Promise<readonly Schedule[]> {
  return await on.read.any(
    sql.type(schedule)`SELECT ${scheduleColumns} FROM tasks.schedules AS s ORDER BY s.schedule_name`,
    options,
  );
}

/** Removes a schedule; see {@link Tasks.removeSchedule}. */
export async function removeSchedule(on: Executor, name: string, options?: QueryOptions): Promise<boolean> {
  const { rowCount } = await on.write.query(
    sql.type(z.object({}))`
      DELETE FROM tasks.schedules AS s
      WHERE s.schedule_name = ${parseInput(textInput(255), name, "the name of a schedule")}`,
    options,
  );
  return rowCount > 0;
}

/** How many runs one call enqueues. */
export const mostRuns = 100;

/**
 * The schedules that are due, locked; others that look at the same time pass over them.
 *
 * @param without the names of those that were tried already
 * @param limit the most of them
 */
export function dueSchedules(without: readonly string[], limit: number) {
  return sql.type(schedule.extend({ now: z.date() }))`
    SELECT ${scheduleColumns}, pg_catalog.clock_timestamp() AS now
    FROM tasks.schedules AS s
    WHERE s.is_active AND s.next_run_at <= pg_catalog.clock_timestamp()
      AND s.schedule_name <> ALL (${sql.array(without, "text")})
    ORDER BY s.next_run_at
    LIMIT ${limit}
    FOR NO KEY UPDATE SKIP LOCKED`;
}
