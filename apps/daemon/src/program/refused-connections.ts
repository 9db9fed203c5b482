import type { Database, PoolName } from "@mister-smith/client";
import type { SmithError } from "@mister-smith/errors";
import type { Log } from "../log.ts";
import { leastForCallers, refusedConnection } from "./pool-sizes.ts";

/** Connections that PostgreSQL refused while the daemon ran, because a role, or all, have theirs already. */
export interface RefusedConnections {
  /** Why a pool has fewer than the daemon needs, with the remedy, in a sentence; undefined when none has. */
  shortage(): string | undefined;
}

/** A pool that lacks connections asks again within this time, in milliseconds: who did not has enough. */
const heldAgainstMs = 60_000;

/** Hears of the connections that PostgreSQL refuses to a database, and logs the first of each shortage with its remedy. */
export function watchRefusedConnections(
  database: Pick<Database, "on" | "pools">,
  log: Log,
): RefusedConnections {
  const refused = new Map<PoolName, { readonly why: SmithError; readonly at: number }>();
  database.on("connection", ({ type, pool, error }) => {
    if (type === "connect") refused.delete(pool);
    const why = type === "error" ? refusedConnection(error) : undefined;
    if (why === undefined) return;
    if (lastOf(pool) === undefined) log.warn({ pool, error: why }, "PostgreSQL refuses a connection");
    refused.set(pool, { why, at: performance.now() });
  });
  return { shortage };

  function lastOf(pool: PoolName): SmithError | undefined {
    const last = refused.get(pool);
    return last === undefined || performance.now() - last.at > heldAgainstMs ? undefined : last.why;
  }

  function shortage(): string | undefined {
    const states = database.pools();
    for (const { pool, address, active, idle } of states) {
      const why = lastOf(pool);
      if (why === undefined) continue;
      const withProbes = states.find((other) => other.address === address)?.pool === pool;
      const least = leastForCallers(withProbes);
      if (active + idle >= least) continue;
      return `the pool ${pool} has ${active + idle} connections, and needs ${least}: ${why.message}. ${why.hint}`;
    }
    return undefined;
  }
}
