import { type Database, sql } from "@mister-smith/client";
import { z } from "zod";

/** Drops the days of events that are older than they are kept and of which none waits to be published. */
export async function dropOldEvents(database: Database, keepMs: number, signal: AbortSignal): Promise<void> {
  await database.background.query(
    sql.type(z.object({ dropped: z.int() }))`
      SELECT sync.drop_published(make_interval(secs => ${keepMs}::DOUBLE PRECISION / 1000)) AS dropped
    `,
    { signal },
  );
}
