import {
  asDatabaseError,
  DatabaseError,
  isSmithError,
  type SmithError,
  sqlStateOf,
} from "@mister-smith/errors";
import type { DatabasePool } from "slonik";
import type { Context } from "../context.ts";
import { openPool, type PoolOptions } from "./open-pool.ts";

/**
 * Runs questions against the configured database and closes the pool whatever happens.
 *
 * @param options what differs from the configuration
 * @param doing what is being done, as "cannot …" would continue
 */
export async function withPool<T>(
  context: Context,
  doing: string,
  work: (pool: DatabasePool) => Promise<T>,
  options: Partial<Pick<PoolOptions, "statementTimeoutMs">> = {},
): Promise<T> {
  const { database } = (await context.config()).values;
  const url = await context.databaseUrl();
  let pool: DatabasePool | undefined;
  try {
    pool = await openPool({ ...database, ...options, url });
    return await work(pool);
  } catch (error) {
    throw advisedError(error, doing);
  } finally {
    await pool?.end();
  }
}

/**
 * What a person is told of a failure at the database: the server's own hint where it gave one.
 *
 * @param doing what was being done, as "cannot …" would continue
 */
export function advisedError(error: unknown, doing: string): SmithError {
  return isSmithError(error) ? error : withAdvice(asDatabaseError(driverError(error), doing));
}

// The functions of the schema raise errors with a hint of their own, which knows best.
function withAdvice(error: DatabaseError): DatabaseError {
  const hint = serverHint(error.cause) ?? (error.errorClass === "missing-object" ? migrateFirst : undefined);
  return hint === undefined ? error : new DatabaseError(error.message, error.cause, hint);
}

const migrateFirst =
  "The database is not at the schema of this smith: look with `smith migrate status`, then `smith migrate up`.";

function serverHint(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("hint" in error)) return undefined;
  return typeof error.hint === "string" && error.hint !== "" ? error.hint : undefined;
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
