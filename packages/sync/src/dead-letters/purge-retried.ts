import { type Database, type QueryOptions, sql } from "@mister-smith/client";
import { z } from "zod";
import { SyncError } from "../errors/sync-error.ts";

/** Which retried dead letters are removed. */
export interface PurgeRetried {
  /** How long one is kept after it was retried, in milliseconds. */
  readonly keepMs: number;
  /** How many at most. Default: 1000. */
  readonly limit?: number | undefined;
}

/**
 * Removes dead letters that were retried longer ago than they are kept, the oldest first; what has failed again is another
 * dead letter. Those that were never retried stay, and so do those of the relay whose events are still pending: they tell
 * why these were late.
 *
 * @returns how many it removed
 * @throws SyncError `INVALID_INPUT`; what the database throws
 */
export async function purgeRetriedDeadLetters(
  { background }: Pick<Database, "background">,
  { keepMs, limit = 1_000 }: PurgeRetried,
  options?: QueryOptions,
): Promise<number> {
  if (!(keepMs >= 0)) throw new SyncError("INVALID_INPUT", `keepMs is ${keepMs}, and must be zero or more`);
  return await background.oneFirst(
    sql.type(z.object({ count: z.int() }))`
      WITH removed AS (
        DELETE FROM sync.dead_letters AS d
        WHERE d.dead_letter_id IN (
          SELECT r.dead_letter_id FROM sync.dead_letters AS r
          WHERE r.retried_at <= clock_timestamp() - make_interval(secs => ${keepMs}::DOUBLE PRECISION / 1000)
            AND (r.pipe <> 'relay' OR NOT EXISTS (SELECT FROM sync.outbox_pending AS p WHERE p.event_id = r.event_id))
          ORDER BY r.dead_letter_id
          LIMIT ${limit}
          FOR UPDATE SKIP LOCKED
        )
        RETURNING d.dead_letter_id
      )
      SELECT count(*)::INTEGER AS count FROM removed
    `,
    options,
  );
}
