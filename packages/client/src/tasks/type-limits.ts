import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { textInput } from "../text/text-input.ts";

const typeInput = textInput(100);
const limitsInput = z.strictObject({
  /** How many tasks of the type may run at once, over all workers; null for any number. */
  maxRunning: z.int().min(1).max(1_000_000).nullable().optional(),
  /**
   * How many may start in a period, over all workers; null for any number. It is a bucket that fills evenly and is full
   * at first and after a pause: `limit` tasks may start at once, and as many again evenly in each period after. So on
   * the long run `limit` start in a period, and never more than twice `limit` in any one.
   */
  rate: z
    .strictObject({ limit: z.int().min(1).max(1_000_000), periodMs: z.int().min(1).max(31_536_000_000) })
    .nullable()
    .optional(),
  /** Whether none may start. Those that run go on. */
  isPaused: z.boolean().optional(),
});

/** How many tasks of a type may run at once and how often one may start. What is not given stays as it is. */
export type TypeLimitsInput = z.input<typeof limitsInput>;

const limits = z
  .object({
    taskType: z.string(),
    maxRunning: z.int().nullable(),
    rateLimit: z.int().nullable(),
    ratePeriodMs: z.number(),
    isPaused: z.boolean(),
  })
  .transform(({ rateLimit, ratePeriodMs, ...rest }) => ({
    ...rest,
    rate: rateLimit === null ? null : { limit: rateLimit, periodMs: ratePeriodMs },
  }));

/** The limits of a type. */
export type TypeLimits = z.output<typeof limits>;

const limitColumns = sql.fragment`
  l.task_type AS "taskType", l.max_running AS "maxRunning", l.rate_limit AS "rateLimit",
  EXTRACT(epoch FROM l.rate_period)::DOUBLE PRECISION * 1000 AS "ratePeriodMs", l.is_paused AS "isPaused"`;

/** Sets the limits of a type; see {@link Tasks.setLimits}. */
export async function setTypeLimits(
  on: Executor,
  taskType: string,
  input: TypeLimitsInput,
  options?: QueryOptions,
): Promise<TypeLimits> {
  const type = parseInput(typeInput, taskType, "the type of tasks");
  const { maxRunning, rate, isPaused } = parseInput(limitsInput, input, `the limits of ${type}`);
  const given = (value: unknown) => value !== undefined;
  return await on.write.one(
    sql.type(limits)`
      INSERT INTO tasks.type_limits AS l (task_type, max_running, rate_limit, rate_period, is_paused)
      VALUES (
        ${type}, ${maxRunning ?? null}, ${rate?.limit ?? null},
        ${rate?.periodMs ?? 1000} * INTERVAL '1 millisecond', ${isPaused ?? false}
      )
      ON CONFLICT (task_type) DO UPDATE SET
        max_running = CASE WHEN ${given(maxRunning)} THEN EXCLUDED.max_running ELSE l.max_running END,
        rate_limit = CASE WHEN ${given(rate)} THEN EXCLUDED.rate_limit ELSE l.rate_limit END,
        rate_period = CASE WHEN ${given(rate)} THEN EXCLUDED.rate_period ELSE l.rate_period END,
        is_paused = CASE WHEN ${given(isPaused)} THEN EXCLUDED.is_paused ELSE l.is_paused END
      RETURNING ${limitColumns}`,
    { ...options, idempotent: true },
  );
}

/** The limits of all types that have some; see {@link Tasks.limits}. */
export async function listTypeLimits(on: Executor, options?: QueryOptions): Promise<readonly TypeLimits[]> {
  return await on.read.any(
    sql.type(limits)`SELECT ${limitColumns} FROM tasks.type_limits AS l ORDER BY l.task_type`,
    options,
  );
}

/** Frees a type of its limits; see {@link Tasks.removeLimits}. */
export async function removeTypeLimits(
  on: Executor,
  taskType: string,
  options?: QueryOptions,
): Promise<boolean> {
  const type = parseInput(typeInput, taskType, "the type of tasks");
  const { rowCount } = await on.write.query(
    sql.type(z.object({}))`DELETE FROM tasks.type_limits AS l WHERE l.task_type = ${type}`,
    options,
  );
  return rowCount > 0;
}
