import { z } from "zod";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";

/** How long a statement waits for a lock at most, in milliseconds. */
const longestWaitMs = 100;

const timeout = z.object({ before: z.string() });

/**
 * Runs work in a transaction in which each statement waits for a lock for a tenth of a second at most, or for as long as its
 * `lock_timeout` says where that is less. That stands as it was when the work is done; when it throws, so does this, and the
 * transaction or savepoint of `tx` must be undone.
 *
 * @param work may ask for even shorter waits from then on
 */
export async function withShortLockWaits<Result>(
  tx: Executor,
  work: (waitAtMost: (ms: number) => Promise<void>) => Promise<Result>,
  options?: QueryOptions,
): Promise<Result> {
  const before = await tx.write.oneFirst(shorten, options);
  const set = (ms: string) =>
    tx.write.query(
      sql.type(z.object({}))`SELECT pg_catalog.set_config('lock_timeout', ${ms}, true)`,
      options,
    );
  const result = await work(async (ms) => {
    const given = Number(before);
    await set(String(given === 0 ? ms : Math.min(given, ms)));
  });
  await set(before);
  return result;
}

// In milliseconds; 0 is without limit.
const shorten = sql.type(timeout)`
  SELECT s.setting AS before, pg_catalog.set_config(
    'lock_timeout',
    CASE WHEN s.setting::INTEGER BETWEEN 1 AND ${longestWaitMs} THEN s.setting ELSE ${longestWaitMs}::INTEGER::TEXT END,
    true
  )
  FROM pg_catalog.pg_settings AS s
  WHERE s.name = 'lock_timeout'`;
