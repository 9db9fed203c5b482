import type { DatabaseConfig } from "../config/database-config.ts";
import type { PoolName } from "../pool/server-pool.ts";
import type { Routing } from "../routing/routing.ts";
import type { Server } from "../servers/server.ts";
import { healthAtEnd, healthOf } from "./health-of.ts";
import type { DatabaseHealth } from "./pool-health.ts";
import { type PoolState, poolStateOf, type ShownPool } from "./pool-state.ts";

/** Asks every server, and tells how each pool is. */
export async function healthOfPools(config: DatabaseConfig, routing: Routing): Promise<DatabaseHealth> {
  await Promise.all(routing.topology.servers.map(({ monitor }) => monitor.probe()));
  const pools = shownPools(config, routing).map((shown) =>
    routing.closed ? healthAtEnd(shown) : healthOf(shown, routing.takesCalls(shown.pool, shown.server)),
  );
  return { healthy: pools.every(({ healthy }) => healthy), pools };
}

/** Counts the connections of every pool. */
export function statesOfPools(config: DatabaseConfig, routing: Routing): readonly PoolState[] {
  return shownPools(config, routing).map(poolStateOf);
}

function shownPools(config: DatabaseConfig, routing: Routing): readonly ShownPool[] {
  const { topology, shownServer } = routing;
  const analytics = analyticsServers();
  return [
    ...shown("primary", [shownServer("primary")], () => "primary"),
    ...shown("replica", topology.serversOf("replica"), (index) => `replica_${index}`),
    ...shown("background", [shownServer("background")], () => "background"),
    ...shown("analytics", analytics, analyticsName),
  ];

  function shown(
    pool: PoolName,
    servers: readonly (Server | undefined)[],
    nameOf: (index: number) => string,
  ): readonly ShownPool[] {
    const max = config.pools[pool]?.limits.max ?? 0;
    return servers.flatMap((server, index) =>
      server === undefined ? [] : [{ name: nameOf(index), pool, server, max }],
    );
  }

  function analyticsName(index: number): string {
    return analytics.length === 1 ? "analytics" : `analytics_${index}`;
  }

  // Reports that follow the primary have one server at a time: those that wait to become it are not ill.
  function analyticsServers(): readonly (Server | undefined)[] {
    const servers = topology.serversOf("analytics");
    const among = (pool: PoolName) => servers.every((server) => topology.serversOf(pool).includes(server));
    return among("primary") && !among("replica") ? [shownServer("primary")] : servers;
  }
}
