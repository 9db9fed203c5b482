import type { DatabaseConfig } from "../config/database-config.ts";
import type { DatabaseEvents } from "../events/database-events.ts";
import type { EventHub } from "../events/event-hub.ts";
import type { PoolName } from "../pool/server-pool.ts";
import type { ProbeAnswer } from "../servers/probe-statement.ts";
import type { Server } from "../servers/server.ts";
import { admitReader } from "./admit-reader.ts";
import { analyticsRoute } from "./analytics-route.ts";
import { closedError } from "./closed-error.ts";
import { type PrimaryTracker, primaryTracker } from "./primary-tracker.ts";
import { readAfterRoute } from "./read-after-route.ts";
import { readRoute } from "./read-route.ts";
import { replicaFreshness } from "./replica-freshness.ts";
import type { Route } from "./route.ts";
import type { TokenPosition } from "./token.ts";
import { type Topology, topologyOf } from "./topology.ts";
import { writeRoute } from "./write-route.ts";

/** Which server each call goes to. */
export interface Routing {
  readonly topology: Topology;
  /** Follows the server that takes writes. */
  readonly tracker: PrimaryTracker;
  readonly write: Route;
  readonly read: Route;
  readonly background: Route;
  readonly analytics: Route;
  /** Reads that must see the write at `position`. */
  readAfter(position: TokenPosition): Route;
  /** Whether calls of that pool go to that server now. */
  takesCalls(pool: PoolName, server: Server): boolean;
  /** The server of a pool that writes: the one in use, else the last, else the first of its addresses. */
  shownServer(pool: "primary" | "background"): Server | undefined;
  /** Whether {@link Routing.close} was called. */
  readonly closed: boolean;
  close(): Promise<void>;
}

/** Makes servers and routes of a configuration and begins to watch. */
export function routingOf(config: DatabaseConfig, events: EventHub<DatabaseEvents>): Routing {
  const topology = topologyOf({ config, events, admit, onHeard });
  const replicas = topology.serversOf("replica");
  const seen = new Map<string, number>();
  const tracker = trackerOf("primary");
  const background = sameServers("primary", "background") ? tracker : trackerOf("background");
  const trackers = new Set([tracker, background]);
  const freshness = replicaFreshness(replicas, tracker, config.replicaLag);
  const mayRead = (server: Server, now: number) => server.freshUntil > now;
  const read = readRoute({
    servers: replicas,
    mayRead,
    primary: tracker,
    pool: "replica",
    poolOnPrimary: "primary",
  });
  const analytics = analyticsRoute({
    servers: topology.serversOf("analytics"),
    replicas,
    tracker,
    asTheyAre: config.analyticsAsTheyAre,
    mayRead,
  });
  let closed = false;
  for (const server of topology.servers) void server.monitor.probe();

  return {
    topology,
    tracker,
    write: writeRoute(tracker, "primary"),
    read,
    background: writeRoute(background, "background"),
    analytics,
    readAfter(position) {
      const waitMs = config.replicaLag.readYourWritesMs;
      return readAfterRoute({ replicas, mayRead, reads: read, tracker, position, waitMs });
    },
    takesCalls,
    shownServer: (pool) => {
      const { usable, last, candidates } = pool === "primary" ? tracker : background;
      return usable ?? last ?? candidates[0];
    },
    get closed() {
      return closed;
    },
    async close() {
      closed = true;
      const reason = closedError();
      for (const { close } of [...trackers, read, analytics]) close(reason);
      await Promise.all(topology.servers.map((server) => server.close()));
    },
  };

  function trackerOf(pool: "primary" | "background"): PrimaryTracker {
    return primaryTracker({
      candidates: topology.serversOf(pool),
      seen,
      onMove: (from, to, timeline) => onMove(pool, from, to, timeline),
      onTimeline: noteTimeline,
    });
  }

  function sameServers(one: PoolName, other: PoolName): boolean {
    return (
      new Set([...topology.serversOf(one), ...topology.serversOf(other)]).size ===
      topology.serversOf(one).length
    );
  }

  function onMove(pool: PoolName, from: Server | undefined, to: Server, timeline: number): void {
    from?.leave(writesGoTo(to, timeline));
    warm(pool, to);
    if (background === tracker) warm("background", to);
    if (pool !== "primary") return;
    freshness.restart();
    if (from !== undefined) events.emit("failover", { from: from.address, to: to.address, timeline });
  }

  // A pool that names the same cluster by other addresses must not write to its old primary either.
  function noteTimeline(server: Server, timeline: number): void {
    const systemId = server.monitor.state.answer?.systemId;
    if (systemId === undefined || timeline <= (seen.get(systemId) ?? 0)) return;
    seen.set(systemId, timeline);
    for (const each of trackers) {
      const { usable } = each;
      if (usable === undefined) continue;
      each.heard(usable);
      if (each.usable !== usable) usable.leave(writesGoTo(server, timeline));
    }
  }

  function onHeard(server: Server): void {
    for (const each of trackers) if (each.candidates.includes(server)) each.heard(server);
    freshness.heard(server);
    for (const pool of ["replica", "analytics"] as const)
      if (server.monitor.state.status === "up" && topology.serversOf(pool).includes(server))
        warm(pool, server);
    read.check();
    analytics.check();
  }

  // Making a pool opens the connections that it is to keep.
  function warm(pool: PoolName, server: Server): void {
    if ((config.pools[pool]?.limits.min ?? 0) > 0) server.pool(pool);
  }

  function admit(server: Server, pool: PoolName, answer: ProbeAnswer): void {
    if (pool === "primary") tracker.admit(server, answer);
    else if (pool === "background") background.admit(server, answer);
    else admitReader(server, answer);
  }

  function takesCalls(pool: PoolName, server: Server): boolean {
    if (closed) return false;
    if (pool === "primary") return tracker.usable === server;
    if (pool === "background") return background.usable === server;
    return pool === "replica" ? mayRead(server, performance.now()) : analytics.takes(server);
  }
}

function writesGoTo({ address }: Server, timeline: number): Error {
  return new Error(`writes go to ${address} now, on timeline ${timeline}`);
}
