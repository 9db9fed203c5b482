import { createTestDatabase, type TestCluster, type TestDatabase } from "@mister-smith/testkit";
import { afterAll, afterEach, beforeAll } from "vitest";
import { z } from "zod";
import type { DatabaseOptions } from "../../src/config/database-options.ts";
import { settleOptions } from "../../src/config/settle-options.ts";
import { createServerPool } from "../../src/pool/create-server-pool.ts";
import type { ServerPool } from "../../src/pool/server-pool.ts";
import type { ServerPoolOptions } from "../../src/pool/server-pool-options.ts";
import { sql } from "../../src/statement/sql.ts";

/** What a test chooses about its pool. */
export interface PoolChoice extends Omit<DatabaseOptions["primary"], "url"> {
  readonly preparedStatements?: boolean;
  readonly sessionReset?: "needed" | "always";
  readonly onConnect?: ServerPoolOptions["onConnect"];
  readonly onEvent?: ServerPoolOptions["onEvent"];
}

/** A pool of at most one connection, unless the test says otherwise. */
export function openPool(url: string, choice: PoolChoice = {}): ServerPool {
  const { preparedStatements, sessionReset, onConnect, onEvent, ...primary } = choice;
  const { pools } = settleOptions({
    primary: { url, min: 0, max: 1, ...primary },
    ...(preparedStatements === undefined ? {} : { preparedStatements }),
    ...(sessionReset === undefined ? {} : { sessionReset }),
  });
  const [address] = pools.primary.addresses;
  if (address === undefined) throw new Error("no address");
  return createServerPool({ ...pools.primary, ...address, onConnect, onEvent });
}

/** A database for a group of tests, and pools that are closed after each test. */
export interface PoolDatabase {
  readonly url: string;
  pool(choice?: PoolChoice): ServerPool;
  /** A pool to somewhere else, such as a proxy. */
  poolTo(url: string, choice?: PoolChoice): ServerPool;
}

/** Makes an empty database before the tests of the group and drops it afterwards. */
export function usePoolDatabase(cluster: TestCluster): PoolDatabase {
  let database: TestDatabase | undefined;
  const pools: ServerPool[] = [];

  beforeAll(async () => {
    database = await createTestDatabase({ cluster });
  });
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.close()));
  });
  afterAll(async () => {
    await database?.drop();
  });

  function poolTo(url: string, choice?: PoolChoice): ServerPool {
    const pool = openPool(url, choice);
    pools.push(pool);
    return pool;
  }

  return {
    get url() {
      if (database === undefined) throw new Error("the database is there only while tests run");
      return database.url;
    },
    pool(choice) {
      return poolTo(this.url, choice);
    },
    poolTo,
  };
}

/** A statement whose rows do not matter. */
export const any = sql.type(z.record(z.string(), z.unknown()));
/** A statement that returns one value under the name `value`. */
export const text = sql.type(z.object({ value: z.string().nullable() }));
export const number = sql.type(z.object({ value: z.coerce.number() }));
export const flag = sql.type(z.object({ value: z.boolean() }));

export const backend = number`SELECT pg_catalog.pg_backend_pid() AS value`;

/** Waits until a question that is asked again and again is answered with yes. */
export async function until(question: () => Promise<boolean>): Promise<void> {
  while (!(await question())) await new Promise((resolve) => setImmediate(resolve));
}
