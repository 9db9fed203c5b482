import { setTimeout as pause } from "node:timers/promises";
import type { Database, DatabaseHealth, PoolHealth } from "@mister-smith/client";

const mostLooks = 4;
const pauseMs = 250;

/**
 * The health of all pools. What a replica lacks is known only when the primary was seen where the replica is now, so
 * that one under load takes a second look.
 */
export async function settledHealth(database: Database, signal: AbortSignal): Promise<DatabaseHealth> {
  for (let look = 1; ; look += 1) {
    const health = await database.health();
    if (look === mostLooks || !health.pools.some(isUndecided)) return health;
    await pause(pauseMs, undefined, { signal });
  }
}

function isUndecided({ healthy, reachable, role, lagMs }: PoolHealth): boolean {
  return !healthy && reachable && role === "replica" && lagMs === null;
}
