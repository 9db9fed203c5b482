import { adminConnection } from "./admin-connection.ts";
import { databaseName, runLockName } from "./database-names.ts";
import { databasesNamed, dropDatabase, serverMajor, tryLock } from "./sql/databases.ts";
import { sweepLeftovers } from "./sweep.ts";
import type { TestCluster } from "./test-run.ts";

/** A cluster that somebody else runs, used for the length of one run. */
export interface ExternalCluster {
  readonly cluster: TestCluster;
  /** Drops what the run has left there. */
  release(): Promise<void>;
}

/** Sweeps what earlier runs left behind on the server and marks this run as living there. */
export async function useExternalCluster(url: string, runId: string): Promise<ExternalCluster> {
  // Open until the end: the run's lock lives as long as this connection.
  const admin = await adminConnection(url);
  const [server] = await admin.rows(serverMajor());
  await admin.rows(tryLock(runLockName(runId)));
  await sweepLeftovers(admin);
  return {
    cluster: { major: server?.major ?? 0, url },
    release: async () => {
      for (const { name } of await admin.rows(databasesNamed(databaseName(runId, "")))) {
        await admin.rows(dropDatabase(name));
      }
      await admin[Symbol.asyncDispose]();
    },
  };
}
