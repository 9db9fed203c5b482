import { createDatabase, type Database, type DatabaseOptions } from "@mister-smith/client";
import type { SmithConfig } from "../config/smith-config.ts";
import type { Context } from "../context.ts";
import { openingError } from "../database/with-database.ts";
import { allPoolsOptions, oneReplicaOptions } from "./pool-options.ts";

/** All configured pools, open; no server need be there. */
export interface AllPools {
  readonly database: Database;
  readonly config: SmithConfig["database"];
  /** Asks one replica, on a connection to it alone. */
  onReplica<Result>(address: string, ask: (database: Database) => Promise<Result>): Promise<Result>;
}

/**
 * Opens every configured pool for a look at it, and closes them whatever happens.
 *
 * @param doing what is being done, as "cannot …" would continue
 */
export async function withAllPools<Result>(
  context: Context,
  doing: string,
  work: (pools: AllPools) => Promise<Result>,
): Promise<Result> {
  const { database: config } = (await context.config()).values;
  const url = await context.databaseUrl();
  await using database = await open(allPoolsOptions(config, url), doing);
  try {
    return await work({ database, config, onReplica });
  } catch (error) {
    context.signal.throwIfAborted();
    throw error;
  }

  async function onReplica<Answer>(
    address: string,
    ask: (one: Database) => Promise<Answer>,
  ): Promise<Answer> {
    await using one = await open(oneReplicaOptions(config, url, address), doing);
    return await ask(one);
  }
}

async function open(options: DatabaseOptions, doing: string): Promise<Database> {
  try {
    return await createDatabase(options);
  } catch (error) {
    throw openingError(error, doing);
  }
}
