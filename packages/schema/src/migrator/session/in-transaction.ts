import type { MigratorSession } from "./migrator-session.ts";

/** Runs `work` in a transaction: all of it, or nothing. */
export async function inTransaction<Result>(
  session: MigratorSession,
  work: () => Promise<Result>,
): Promise<Result> {
  await session.client.query("BEGIN");
  try {
    const result = await work();
    await session.client.query("COMMIT");
    return result;
  } catch (error) {
    // When the connection is gone, so is the transaction; what `work` threw says why.
    await session.client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}
