import type { PoolCounts, PoolName } from "../pool/server-pool.ts";
import type { Server } from "../servers/server.ts";

/** The connections of one pool on one server. */
export interface PoolState extends PoolCounts {
  /** `primary`, `replica_0`, `replica_1` …, `background`, `analytics`. */
  readonly name: string;
  readonly pool: PoolName;
  readonly address: string;
}

/** A pool as health shows it: under which name, on which server now. */
export interface ShownPool {
  readonly name: string;
  readonly pool: PoolName;
  readonly server: Server;
  /** The most connections by its options, that for probes among them. */
  readonly max: number;
}

/** Counts the connections of a pool; those of a pool that nobody has used yet are none. */
export function poolStateOf({ name, pool, server, max }: ShownPool): PoolState {
  const counts = server.pools.get(pool)?.counts() ?? { active: 0, idle: 0, waiting: 0 };
  return {
    name,
    pool,
    address: server.address,
    active: counts.active,
    idle: counts.idle,
    waiting: counts.waiting,
    max,
  };
}
