import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { createTestDatabase, type TestCluster, type TestDatabase } from "@mister-smith/testkit";
import { afterAll, beforeAll } from "vitest";
import { createDatabase, type Database } from "../../src/index.ts";

/** A database with our schema and a client on it, for one group of tests. */
export interface ClientDatabase {
  readonly url: string;
  readonly db: Database;
}

/** Makes a database with our schema before the tests of the group and drops it afterwards. */
export function useClientDatabase(cluster: TestCluster): () => ClientDatabase {
  let database: TestDatabase | undefined;
  let ready: ClientDatabase | undefined;

  beforeAll(async () => {
    database = await createTestDatabase({ cluster, template: schemaTemplate });
    ready = { url: database.url, db: await createDatabase({ primary: { url: database.url } }) };
  });

  afterAll(async () => {
    await ready?.db.close();
    await database?.drop();
  });

  return () => {
    if (ready === undefined) throw new Error("the database is there only while tests run");
    return ready;
  };
}

/** A template with the newest schema. */
export const schemaTemplate = {
  name: "migrated",
  prepare: async (url: string) => {
    await migrateUp({ connection: url, folder: migrationsFolder() });
  },
};
