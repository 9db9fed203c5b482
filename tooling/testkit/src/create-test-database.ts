import { randomUUID } from "node:crypto";
import { adminConnection } from "./admin-connection.ts";
import { cluster as defaultCluster } from "./cluster.ts";
import { databaseName } from "./database-names.ts";
import { databaseUrl } from "./database-url.ts";
import { dropTestDatabase } from "./drop-test-database.ts";
import { createDatabase } from "./sql/databases.ts";
import { type TestTemplate, templateDatabase } from "./template-database.ts";
import { type TestCluster, testRun } from "./test-run.ts";

/** What a test database is made from. */
export interface CreateTestDatabaseOptions {
  /** Where. Default: the default cluster. */
  readonly cluster?: TestCluster;
  /** What it is a copy of. Default: an empty database. */
  readonly template?: TestTemplate;
}

/** A database for one test file alone. */
export interface TestDatabase extends AsyncDisposable {
  /** Connects as superuser. */
  readonly url: string;
  readonly name: string;
  /**
   * Drops it. Safe twice.
   *
   * @throws SmithError `TEST_DATABASE_IN_USE` when a connection to it was left open, with its application_name; it is
   *   dropped all the same
   */
  drop(): Promise<void>;
}

/** Makes a database that nobody else uses: about 40 ms from a template that is ready. */
export async function createTestDatabase(options: CreateTestDatabaseOptions = {}): Promise<TestDatabase> {
  const cluster = options.cluster ?? defaultCluster();
  const name = databaseName(testRun().id, randomUUID().slice(0, 18));
  await using admin = await adminConnection(cluster.url);
  const template =
    options.template === undefined ? undefined : await templateDatabase(admin, cluster, options.template);
  await admin.rows(createDatabase(name, template));
  let dropped: Promise<void> | undefined;
  const drop = () => {
    dropped ??= dropTestDatabase(cluster, name);
    return dropped;
  };
  return { url: databaseUrl(cluster.url, name), name, drop, [Symbol.asyncDispose]: drop };
}
