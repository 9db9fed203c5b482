import { ClientError, type Database } from "@mister-smith/client";
import { ConfigError } from "../config/config-error.ts";
import type { Context } from "../context.ts";
import { advisedError } from "./advised-error.ts";
import { type OpenOptions, openDatabase } from "./open-database.ts";

/**
 * Asks questions of the configured database and closes it whatever happens. Everything goes to the primary: whoever
 * operates a system must see what was done last.
 *
 * Give `context.signal` to what may take long: Ctrl-C then cancels it on the server.
 *
 * @param doing what is being done, as "cannot …" would continue
 * @param options what differs from the configuration
 */
export async function withDatabase<Result>(
  context: Context,
  doing: string,
  work: (database: Database) => Promise<Result>,
  options: Partial<Pick<OpenOptions, "statementTimeoutMs" | "connections">> = {},
): Promise<Result> {
  const { addresses, connectTimeoutMs, statementTimeoutMs } = (await context.config()).values.database;
  const url = await context.databaseUrl();
  let database: Database | undefined;
  try {
    database = await openDatabase({ addresses, connectTimeoutMs, statementTimeoutMs, ...options, url });
    return await work(database);
  } catch (error) {
    context.signal.throwIfAborted();
    throw database === undefined ? openingError(error, doing) : advisedError(error, doing);
  } finally {
    await database?.close();
  }
}

/** What a person is told when the database could not be opened: a wrong option is one of the configuration. */
export function openingError(error: unknown, doing: string): Error {
  if (!(error instanceof ClientError) || error.code !== "INVALID_INPUT") return advisedError(error, doing);
  return new ConfigError(`cannot ${doing}: ${error.message}`, {
    cause: error,
    details: error.details,
    hint: "Correct what is named; `smith config` shows every setting and where it comes from.",
  });
}
