import { type Database, sql } from "@mister-smith/client";
import { z } from "zod";

/** Has the database tell of every kind of change. Where it does already, nothing is locked. */
export async function enableEvents(database: Database, signal: AbortSignal): Promise<void> {
  await database.background.query(
    sql.type(z.object({ enabled: z.int() }))`
      SELECT sync.enable_events(VARIADIC ARRAY(SELECT DISTINCT s.kind::TEXT FROM sync.event_sources AS s)) AS enabled
    `,
    { timeoutMs: 30_000, idempotent: true, signal },
  );
}
