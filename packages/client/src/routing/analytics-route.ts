import type { Server } from "../servers/server.ts";
import type { PrimaryTracker } from "./primary-tracker.ts";
import { type ReadRoute, readRoute } from "./read-route.ts";

/** Where reports go, by whose servers the pool has. */
export interface AnalyticsRouteOptions {
  readonly servers: readonly Server[];
  readonly replicas: readonly Server[];
  readonly tracker: PrimaryTracker;
  /** Whether they are taken whatever they are, and none else. */
  readonly asTheyAre: boolean;
  /** Whether a replica may be read from. */
  readonly mayRead: (server: Server, now: number) => boolean;
}

/** A route, and whether it takes calls to a server now. */
export interface AnalyticsRoute extends ReadRoute {
  takes(server: Server): boolean;
}

/**
 * On the replicas, reports are read like any other, and on the primary if need be; on the primary's servers they
 * follow the primary; servers of their own are taken as they are, whatever they are, and so are all where that is asked for.
 */
export function analyticsRoute({
  servers,
  replicas,
  tracker,
  asTheyAre,
  mayRead,
}: AnalyticsRouteOptions): AnalyticsRoute {
  const onReplicas = !asTheyAre && servers.every((server) => replicas.includes(server));
  const onPrimary =
    !asTheyAre && !onReplicas && servers.every((server) => tracker.candidates.includes(server));
  const isUsable = (server: Server, now: number) => {
    if (onReplicas) return mayRead(server, now);
    return onPrimary ? server === tracker.usable : server.monitor.state.status === "up";
  };
  const route = readRoute({
    servers,
    mayRead: isUsable,
    primary: onReplicas || onPrimary ? tracker : undefined,
    pool: "analytics",
    poolOnPrimary: "analytics",
  });
  return { ...route, takes: (server) => isUsable(server, performance.now()) };
}
