import { randomBytes } from "node:crypto";
import { z } from "zod";
import { type Database, sql } from "../../src/index.ts";

/**
 * Gives payloads, results and progress a limit of the server meanwhile, that of a row of an index: {@link tooLarge} meets it, as more than
 * a quarter of a GiB meets the limit of JSONB without, which takes a minute to send.
 */
export async function withLimitedValues(db: Database, work: () => Promise<void>): Promise<void> {
  await db.write.query(sql.type(nothing)`CREATE INDEX limited_payload ON tasks.queue ((payload #>> '{}'))`);
  await db.write.query(
    sql.type(nothing)`CREATE INDEX limited_result ON tasks.executions ((result #>> '{}'))`,
  );
  await db.write.query(
    sql.type(nothing)`CREATE INDEX limited_progress ON tasks.leases ((progress #>> '{}'))`,
  );
  try {
    await work();
  } finally {
    await db.write.query(
      sql.type(nothing)`DROP INDEX tasks.limited_payload, tasks.limited_result, tasks.limited_progress`,
    );
  }
}

const nothing = z.object({});

/** Text that is too large {@link withLimitedValues}, also when it is compressed. */
export function tooLarge(): string {
  return randomBytes(10_000).toString("base64");
}
