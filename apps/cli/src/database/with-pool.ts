import { asDatabaseError, isSmithError, sqlStateOf } from "@mister-smith/errors";
import type { DatabasePool } from "slonik";
import type { Context } from "../context.ts";
import { openPool } from "./open-pool.ts";

/**
 * Runs questions against the configured database and closes the pool whatever happens.
 *
 * @param doing what is being done, as "cannot …" would continue
 */
export async function withPool<T>(
  context: Context,
  doing: string,
  work: (pool: DatabasePool) => Promise<T>,
): Promise<T> {
  const { values } = await context.config();
  const pool = await openPool({ ...values.database, url: await context.databaseUrl() });
  try {
    return await work(pool);
  } catch (error) {
    throw isSmithError(error) ? error : asDatabaseError(driverError(error), doing);
  } finally {
    await pool.end();
  }
}

/** What the driver threw, out of the wrappers that Slonik puts around it. */
function driverError(error: unknown): unknown {
  for (let inner: unknown = error; inner instanceof Error; inner = inner.cause) {
    if (sqlStateOf(inner) !== undefined || hasCode(inner)) return inner;
  }
  return error;
}

function hasCode(error: Error): boolean {
  return "code" in error && typeof error.code === "string";
}
