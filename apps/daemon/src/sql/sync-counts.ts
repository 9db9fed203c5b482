import { type Database, sql } from "@mister-smith/client";
import { z } from "zod";

const deadLettersRow = z.object({ pipe: z.string(), count: z.int() });
const backlogRow = z.object({ kind: z.string(), pending: z.int(), oldest_seconds: z.number().nullable() });

/** Dead letters that wait for a person, by pipe. */
export async function countDeadLetters(database: Database) {
  return await database.background.any(
    sql.type(deadLettersRow)`
      SELECT d.pipe, count(*)::INTEGER AS count FROM sync.dead_letters AS d WHERE d.retried_at IS NULL GROUP BY d.pipe
    `,
    { timeoutMs: 5_000 },
  );
}

/** Events that are not published yet, by kind. */
export async function countBacklog(database: Database) {
  return await database.background.any(
    sql.type(backlogRow)`
      SELECT b.kind, b.pending::INTEGER AS pending, EXTRACT(epoch FROM clock_timestamp() - b.oldest)::DOUBLE PRECISION AS oldest_seconds
      FROM sync.outbox_backlog AS b
    `,
    { timeoutMs: 5_000 },
  );
}
