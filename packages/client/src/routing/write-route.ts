import type { PoolName } from "../pool/server-pool.ts";
import type { PrimaryTracker } from "./primary-tracker.ts";
import type { Route } from "./route.ts";

/** Goes to the server that takes writes, whatever was tried before: there is only one. */
export function writeRoute(tracker: PrimaryTracker, pool: PoolName): Route {
  return {
    now: () => tracker.usable,
    find: tracker.find,
    poolOn: () => pool,
  };
}
