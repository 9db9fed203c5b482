import { type Database, sql } from "@mister-smith/client";
import { SmithError } from "@mister-smith/errors";
import { z } from "zod";

/**
 * Looks whether the migrations that the daemon needs are applied.
 *
 * @throws SmithError `SCHEMA_TOO_OLD`
 */
export async function refuseOldSchema(database: Database, signal: AbortSignal): Promise<void> {
  const ready = await database.write.oneFirst(
    sql.type(z.object({ ready: z.boolean() }))`
      SELECT to_regclass('sync.positions') IS NOT NULL AND to_regclass('sync.outbox_pending') IS NOT NULL AS ready
    `,
    { timeoutMs: 10_000, signal },
  );
  if (ready) return;
  throw new SmithError("SCHEMA_TOO_OLD", "the database lacks the tables of the schema sync", {
    hint: "Run `smith migrate up` against it; smithd goes on by itself then.",
    retryable: true,
  });
}
