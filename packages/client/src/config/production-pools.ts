import type { PoolName } from "../pool/server-pool.ts";
import type { PoolLimits } from "../pool/server-pool-options.ts";

/** Sizes and time limits of the four pools. */
export type PoolPresets = Readonly<Record<PoolName, PoolLimits>>;

const timeouts = {
  connectTimeoutMs: 10_000,
  statementTimeoutMs: 300_000,
  lockTimeoutMs: 10_000,
  idleInTransactionTimeoutMs: 3_600_000,
  closeTimeoutMs: 30_000,
};

/**
 * The figures of production, which hold where the options say nothing else. A call may take as long as waiting for
 * a connection and running one statement together.
 */
export const productionPools: PoolPresets = {
  primary: {
    ...timeouts,
    max: 20,
    min: 5,
    acquireTimeoutMs: 30_000,
    idleTimeoutMs: 600_000,
    maxLifetimeMs: 3_600_000,
    testAfterIdleMs: 5_000,
    callTimeoutMs: 330_000,
  },
  replica: {
    ...timeouts,
    max: 15,
    min: 3,
    acquireTimeoutMs: 20_000,
    idleTimeoutMs: 300_000,
    maxLifetimeMs: 1_800_000,
    testAfterIdleMs: 5_000,
    callTimeoutMs: 320_000,
  },
  background: {
    ...timeouts,
    max: 5,
    min: 1,
    acquireTimeoutMs: 60_000,
    idleTimeoutMs: 1_800_000,
    maxLifetimeMs: 7_200_000,
    testAfterIdleMs: false,
    callTimeoutMs: 360_000,
  },
  analytics: {
    ...timeouts,
    max: 10,
    min: 2,
    acquireTimeoutMs: 45_000,
    idleTimeoutMs: 900_000,
    maxLifetimeMs: 3_600_000,
    testAfterIdleMs: 5_000,
    callTimeoutMs: 345_000,
  },
};
