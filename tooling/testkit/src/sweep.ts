import type { AdminConnection } from "./admin-connection.ts";
import { databasePrefix, runIdOf, runLockName } from "./database-names.ts";
import { databasesNamed, dropDatabase, tryLock, unlock } from "./sql/databases.ts";

/** Drops the databases of runs that are over: a run that lives holds its lock. Resolves with their names. */
export async function sweepLeftovers(admin: AdminConnection): Promise<string[]> {
  const databases = await admin.rows(databasesNamed(databasePrefix));
  const swept: string[] = [];
  for (const runId of new Set(databases.map(({ name }) => runIdOf(name)))) {
    if (runId === undefined) continue;
    const [row] = await admin.rows(tryLock(runLockName(runId)));
    if (row?.taken !== true) continue;
    for (const { name } of databases.filter((database) => runIdOf(database.name) === runId)) {
      await admin.rows(dropDatabase(name));
      swept.push(name);
    }
    await admin.rows(unlock(runLockName(runId)));
  }
  return swept;
}
