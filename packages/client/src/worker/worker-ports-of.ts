import type { Database } from "../database/database.ts";
import type { Executor } from "../executor/executor.ts";
import { upkeepOf } from "./upkeep.ts";
import type { WorkerPorts } from "./worker-ports.ts";

/** What a worker takes from a database. */
export function workerPortsOf(db: Database, maintenanceIntervalMs: number): WorkerPorts {
  // Handlers that use up the connections for writes must not keep signs of life from arriving.
  const background: Executor = { read: db.background, write: db.background, transaction: db.transaction };
  return {
    work: db,
    background,
    arrivals: db.tasks.arrivals,
    duties:
      maintenanceIntervalMs === 0 ? [] : upkeepOf({ background, tasks: db.tasks }, maintenanceIntervalMs),
    dependencies: async (taskId) =>
      (await db.tasks.dependencies(taskId)).filter(({ type }) => type === "data"),
  };
}
