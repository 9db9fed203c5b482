import type { PoolHealth, Queryable } from "@mister-smith/client";
import {
  type ConnectionGroup,
  type ConnectionLimits,
  type RoleLimit,
  selectConnectionLimits,
  selectConnections,
  selectRoleLimits,
} from "../sql/connections.ts";
import { connectionWarnings } from "./connection-warnings.ts";
import type { AllPools } from "./with-all-pools.ts";

/** The connections to one server, as that server sees them. */
export interface ServerConnections {
  readonly address: string;
  readonly role: "primary" | "replica" | null;
  readonly reachable: boolean;
  readonly why: string;
  readonly limits: ConnectionLimits | null;
  readonly roles: readonly RoleLimit[];
  readonly connections: readonly ConnectionGroup[];
  /** What is wrong or soon will be, each with what to do. */
  readonly warnings: readonly string[];
}

/** Asks the primary and every replica who is connected. A server that does not answer is shown as such. */
export async function lookAtConnections(pools: AllPools): Promise<readonly ServerConnections[]> {
  const { pools: shown } = await pools.database.health();
  const servers = shown.filter(({ pool }) => pool === "primary" || pool === "replica");
  return await Promise.all(
    servers.map((server) =>
      server.pool === "primary"
        ? look(server, server.healthy, (ask) => ask(pools.database.write))
        : look(server, server.reachable, (ask) =>
            pools.onReplica(server.address, ({ analytics }) => ask(analytics)),
          ),
    ),
  );
}

type Answer = Pick<ServerConnections, "limits" | "roles" | "connections">;
type Ask = (on: Queryable) => Promise<Answer>;

async function look(
  { address, role, reachable, why }: PoolHealth,
  mayAsk: boolean,
  reach: (ask: Ask) => Promise<Answer>,
): Promise<ServerConnections> {
  const unknown = { address, role, reachable, why, limits: null, roles: [], connections: [], warnings: [] };
  if (!mayAsk) return unknown;
  try {
    const answer = await reach(async (on) => ({
      limits: await on.one(selectConnectionLimits),
      roles: await on.any(selectRoleLimits),
      connections: await on.any(selectConnections),
    }));
    return { ...unknown, ...answer, warnings: connectionWarnings(answer) };
  } catch (error) {
    return { ...unknown, why: error instanceof Error ? error.message : String(error) };
  }
}
