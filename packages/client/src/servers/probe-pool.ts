import { createServerPool } from "../pool/create-server-pool.ts";
import type { ServerPool } from "../pool/server-pool.ts";
import type { ServerPoolOptions } from "../pool/server-pool-options.ts";
import type { PoolPlan } from "./pool-plan.ts";

/**
 * One connection of a pool, kept for probes: they never wait behind callers, so that a busy pool is not taken for a
 * dead server, and a dead server behind a busy pool is found. It counts towards the pool's maximum. A pool of a single
 * connection has none to spare: undefined, and the probes take their turn in it.
 */
export function probePoolOf(
  plan: PoolPlan,
  timeoutMs: number,
  hears: Pick<ServerPoolOptions, "onEvent" | "onIdleError">,
): ServerPool | undefined {
  if (plan.limits.max < 2) return undefined;
  const limits = {
    ...plan.limits,
    max: 1,
    min: 0,
    acquireTimeoutMs: timeoutMs,
    connectTimeoutMs: timeoutMs,
    callTimeoutMs: 0,
    idleTimeoutMs: 0,
    testAfterIdleMs: false,
    closeTimeoutMs: 0,
  } as const;
  return createServerPool({ ...plan, limits, ...hears });
}

/** What is left of a pool for callers. */
export function withoutProbe(plan: PoolPlan): PoolPlan {
  const max = plan.limits.max - 1;
  return { ...plan, limits: { ...plan.limits, max, min: Math.min(plan.limits.min, max) } };
}
