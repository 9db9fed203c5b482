import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { isTransaction } from "../executor/is-transaction.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { longestMs } from "../time/time-input.ts";

const maintained = z.object({
  /** Attempts whose worker was not heard of. */
  expiredLeases: z.int(),
  /** Waiting tasks that expired. */
  expiredTasks: z.int(),
  /** Tasks that were looked at again, after a transaction that could not see who waited for them. */
  revisitedTasks: z.int(),
  /** Order keys that are used no more. */
  forgottenOrderKeys: z.int(),
});
/** What the upkeep of the queue found to do. */
export type TaskMaintenance = z.output<typeof maintained>;

/** The upkeep of the queue; see {@link Tasks.maintain}. */
export async function maintainTasks(on: Executor, options?: QueryOptions): Promise<TaskMaintenance> {
  const done = await on.write.one(
    sql.type(maintained.extend({ revisitedTasks: z.int().nullable() }))`
      SELECT
        tasks.expire_leases() AS "expiredLeases", tasks.expire_tasks() AS "expiredTasks",
        tasks.catch_up() AS "revisitedTasks", tasks.forget_order_keys() AS "forgottenOrderKeys"`,
    { ...options, idempotent: true },
  );
  const revisitedTasks = done.revisitedTasks ?? (isTransaction(on) ? 0 : await catchUp(on, 1_000, options));
  return { ...done, revisitedTasks };
}

/**
 * Looks again at what transactions ended that did not see who waits for it, in a transaction that does see it, whatever
 * the level is that the role or the database has of their own. Returns how many tasks it looked at.
 */
export async function catchUp(on: Executor, limit: number, options?: QueryOptions): Promise<number> {
  return await on.transaction(
    async ({ write }) =>
      await write.oneFirst(
        sql.type(z.object({ count: z.int() }))`SELECT tasks.catch_up(${limit}) AS "count"`,
        options,
      ),
    { ...options, isolation: "read committed" },
  );
}

const pruneInput = z.strictObject({
  olderThanMs: z.int().min(0).max(longestMs),
  limit: z.int().min(1).max(100_000).default(1000),
});
/** Which tasks to remove. */
export type PruneTasks = z.input<typeof pruneInput>;

/** Removes tasks that ended long ago; see {@link Tasks.prune}. */
export async function pruneTasks(on: Executor, input: PruneTasks, options?: QueryOptions): Promise<number> {
  const { olderThanMs, limit } = parseInput(pruneInput, input, "the tasks to remove");
  return await on.write.oneFirst(
    sql.type(z.object({ pruned: z.int() }))`
      SELECT tasks.prune(${olderThanMs} * INTERVAL '1 millisecond', ${limit}) AS pruned`,
    { ...options, idempotent: true },
  );
}

/** Puts pending tasks back among the ready ones; see {@link Tasks.repair}. */
export async function repairTasks(on: Executor, options?: QueryOptions): Promise<number> {
  return await on.write.oneFirst(
    sql.type(z.object({ repaired: z.int() }))`SELECT tasks.repair_ready() AS repaired`,
    { ...options, idempotent: true },
  );
}
