export { cluster } from "./cluster.ts";
export {
  type CreateTestDatabaseOptions,
  createTestDatabase,
  type TestDatabase,
} from "./create-test-database.ts";
export type { TestTemplate } from "./template-database.ts";
export { clusters, type TestCluster } from "./test-run.ts";
