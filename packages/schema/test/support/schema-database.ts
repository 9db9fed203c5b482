import { createTestDatabase, type TestCluster, type TestDatabase } from "@mister-smith/testkit";
import { Client, type ClientConfig } from "pg";
import { afterAll, beforeAll } from "vitest";
import { applyMigrations } from "./apply-migrations.ts";

/** A database with our schema, for one group of tests. */
export interface SchemaDatabase {
  readonly url: string;
  /** One connection as superuser, for tests that need no second one. */
  readonly client: Client;
  /** Another connection; closed when the group ends. */
  connect(config?: ClientConfig): Promise<Client>;
}

/** Makes a database with our schema before the tests of the group and drops it afterwards. */
export function useSchemaDatabase(cluster: TestCluster): () => SchemaDatabase {
  const clients: Client[] = [];
  let database: TestDatabase | undefined;
  let ready: SchemaDatabase | undefined;

  beforeAll(async () => {
    database = await createTestDatabase({
      cluster,
      template: { name: "migrated", prepare: applyMigrations },
    });
    const { url } = database;
    const connect = async ({ user, password, ...config }: ClientConfig = {}) => {
      // What a URL says counts for more than what stands beside it.
      const asked = new URL(url);
      if (user !== undefined) asked.username = user;
      if (typeof password === "string") asked.password = password;
      const client = new Client({
        connectionString: asked.href,
        application_name: "schema-test",
        ...config,
      });
      await client.connect();
      clients.push(client);
      return client;
    };
    ready = { url, connect, client: await connect() };
  });

  afterAll(async () => {
    await Promise.all(clients.map((client) => client.end()));
    await database?.drop();
  });

  return () => {
    if (ready === undefined) throw new Error("the database is there only while tests run");
    return ready;
  };
}
