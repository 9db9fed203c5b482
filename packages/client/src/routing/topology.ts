import { DatabaseError } from "@mister-smith/errors";
import type { DatabaseConfig, PoolConfig, ServerAddress } from "../config/database-config.ts";
import { ClientError } from "../errors/client-error.ts";
import type { DatabaseEvents } from "../events/database-events.ts";
import type { EventHub } from "../events/event-hub.ts";
import type { PoolName } from "../pool/server-pool.ts";
import { serverCircuitBreaker } from "../resilience/circuit-breaker.ts";
import { isEndOfOneSession, isLossOfServer } from "../resilience/failure.ts";
import { createServer } from "../servers/create-server.ts";
import type { PoolPlan } from "../servers/pool-plan.ts";
import type { ProbeAnswer } from "../servers/probe-statement.ts";
import type { Server } from "../servers/server.ts";
import type { ServerState } from "../servers/server-state.ts";

/** Every server that a pool names, once. */
export interface Topology {
  /** The servers of a pool, in the order of its addresses. */
  serversOf(pool: PoolName): readonly Server[];
  readonly servers: readonly Server[];
}

/** What a {@link Topology} needs. */
export interface TopologyOptions {
  readonly config: DatabaseConfig;
  readonly events: EventHub<DatabaseEvents>;
  /** Looks at each new connection before anybody has it; throws when nothing may be sent there. */
  readonly admit: (server: Server, pool: PoolName, answer: ProbeAnswer) => void;
  /** Something was heard of a server. */
  readonly onHeard: (server: Server, from: ServerState, to: ServerState) => void;
}

/** In this order: whoever comes first has the role that asks the server. */
const poolNames = ["primary", "replica", "background", "analytics"] as const satisfies readonly PoolName[];

/** Makes the servers of a configuration; nothing is opened yet. */
export function topologyOf({ config, events, admit, onHeard }: TopologyOptions): Topology {
  const { monitor, circuitBreaker } = config;
  const byAddress = new Map<string, Server>();
  const byPool = new Map<PoolName, readonly Server[]>();
  for (const name of poolNames) {
    const { addresses = [] } = config.pools[name] ?? {};
    byPool.set(
      name,
      addresses.map((address) => serverAt(address, name)),
    );
  }
  return { serversOf: (pool) => byPool.get(pool) ?? [], servers: [...byAddress.values()] };

  function serverAt({ host, port }: ServerAddress, probePool: PoolName): Server {
    const address = `${host}:${port}`;
    const known = byAddress.get(address);
    if (known !== undefined) return known;
    const breaker = serverCircuitBreaker(address, {
      ...circuitBreaker,
      // When a server goes away, all its calls fail at once: that is one failure, of which the probe takes care.
      counts: (error) =>
        isLossOfServer(error) &&
        !isEndOfOneSession(error) &&
        byAddress.get(address)?.monitor.state.status === "up",
      saysNothing: (error) => error instanceof ClientError || isLossOfServer(error),
      onChange: (from, to) => events.emit("breaker", { address, from, to }),
    });
    const server = createServer({
      address,
      breaker,
      plan: (name) => planOf(config.pools[name] ?? config.pools.primary, { host, port }),
      probePool,
      probeIntervalMs: monitor.intervalMs,
      probeTimeoutMs: monitor.timeoutMs,
      admit,
      onChange,
      onPoolEvent: (event) => {
        if (events.heard("connection")) events.emit("connection", event);
      },
    });
    byAddress.set(address, server);
    return server;
  }

  function onChange(server: Server, from: ServerState, to: ServerState): void {
    if (to.status === "down") breakOff(server, to);
    if (to.status === "up" && from.status === "down") server.breaker.reset();
    onHeard(server, from, to);
    if (from.status !== to.status) {
      const why = to.error instanceof Error ? to.error.message : "it answers";
      events.emit("server", { address: server.address, from: from.status, to: to.status, why });
    }
  }
}

// A server that still says something, if only that it takes no more connections, may go on serving those it has.
function breakOff(server: Server, { error }: ServerState): void {
  if (error instanceof DatabaseError && error.sqlState !== undefined) return;
  const why = error instanceof Error ? error.message : String(error);
  server.interrupt(new Error(`${server.address} does not answer: ${why}`));
}

function planOf({ addresses: _addresses, ...pool }: PoolConfig, address: ServerAddress): PoolPlan {
  return { ...pool, ...address };
}
