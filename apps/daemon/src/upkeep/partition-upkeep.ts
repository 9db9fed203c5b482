import { type Database, sql } from "@mister-smith/client";
import { SmithError } from "@mister-smith/errors";
import { z } from "zod";

const managedRow = z.object({ table: z.string() });
const maintainedRow = z.object({ error: z.string().nullable() });

/**
 * Looks after every table of partitions.settings, each in a transaction of its own, so that none waits for the locks
 * of another.
 *
 * @throws SmithError `PARTITIONS_FAILED` with every table that failed and why; the others are looked after
 */
export async function maintainPartitions(database: Database, signal: AbortSignal): Promise<void> {
  const tables = await database.background.anyFirst(
    sql.type(managedRow)`
      SELECT format('%I.%I', s.schema_name, s.table_name) AS "table"
      FROM partitions.settings AS s
      ORDER BY s.schema_name, s.table_name
    `,
    { signal },
  );
  const failed: string[] = [];
  for (const table of tables) {
    signal.throwIfAborted();
    const error = await maintainOne(database, table, signal);
    if (error !== null) failed.push(`${table}: ${error}`);
  }
  if (failed.length === 0) return;
  throw new SmithError("PARTITIONS_FAILED", `the upkeep of partitions failed for ${failed.join("; ")}`, {
    hint: "`smith partitions maintain` shows the whole error; it is tried again by itself.",
    retryable: true,
  });
}

async function maintainOne(database: Database, table: string, signal: AbortSignal): Promise<string | null> {
  try {
    await database.background.any(
      sql.type(maintainedRow)`SELECT m.error FROM partitions.maintain(${table}::REGCLASS) AS m`,
      { signal },
    );
    return null;
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof Error ? error.message : String(error);
  }
}
