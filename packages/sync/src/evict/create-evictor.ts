import type { BothStores } from "../hydrate/hydrate.ts";
import { periodic } from "../lifecycle/periodic.ts";
import type { Service } from "../lifecycle/service.ts";
import { tell } from "../lifecycle/tell.ts";
import { type Evicted, type EvictOptions, evictOnce } from "./evict-once.ts";

/** How idle keys are removed, again and again. */
export interface EvictorOptions extends BothStores, Omit<EvictOptions, "signal"> {
  /** The pause between two rounds, in milliseconds. Default: a thirtieth of `ttlMs`, but 1000 at least. */
  readonly intervalMs?: number | undefined;
  /** A round that takes longer, or failures for so long, in milliseconds, are `stuck`. Default: 300000. */
  readonly stuckAfterMs?: number | undefined;
  /** Told after each round. */
  readonly onEvicted?: ((evicted: Evicted) => void) | undefined;
  /** Hears of what went wrong; it is tried again in the next round. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** Keeps the bucket to the keys that are in use: {@link evictOnce}, round after round. Several may run at once. */
export function createEvictor(options: EvictorOptions): Service {
  const { database, link, ttlMs = 1_800_000, concurrency, lives, onEvicted, onError } = options;
  return periodic({
    name: "evict",
    intervalMs: options.intervalMs ?? Math.max(1_000, Math.round(ttlMs / 30)),
    stuckAfterMs: options.stuckAfterMs ?? 300_000,
    onError,
    round: async (signal) => {
      const evicted = await evictOnce({ database, link }, { ttlMs, concurrency, lives, signal });
      tell(onEvicted, evicted);
    },
  });
}
