import { setTimeout as pause } from "node:timers/promises";
import { backgroundRun } from "./background-run.ts";
import type { Service, ServiceStatus } from "./service.ts";
import { tell } from "./tell.ts";

/** Something that is done again and again. */
export interface PeriodicOptions {
  readonly name: string;
  /** The pause between the end of one round and the next, in milliseconds. */
  readonly intervalMs: number;
  /** One round; ends soon when the signal is aborted. What it throws is told, and the next round comes all the same. */
  readonly round: (signal: AbortSignal) => Promise<void>;
  /** A round that takes longer than this, in milliseconds, or as many failures in a row as make it up, are `stuck`. */
  readonly stuckAfterMs: number;
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** Runs a round at its start and then one after the other, never two at once. */
export function periodic(options: PeriodicOptions): Service {
  const { name, intervalMs, round, stuckAfterMs, onError } = options;
  let succeededAt = 0;
  let why: string | undefined;

  const run = backgroundRun(rounds);

  const service: Service = {
    name,
    start: () => run.start(),
    stop: () => run.stop(),
    status(): ServiceStatus {
      if (run.state !== "running") return { state: run.state, why: undefined };
      const silentMs = performance.now() - succeededAt - intervalMs;
      if (silentMs <= stuckAfterMs) return { state: "running", why };
      return { state: "stuck", why: why ?? `${name} has been at one round for ${Math.round(silentMs)} ms` };
    },
    [Symbol.asyncDispose]: () => service.stop(),
  };
  return service;

  async function rounds(stopping: AbortSignal): Promise<void> {
    succeededAt = performance.now();
    why = undefined;
    while (!stopping.aborted) {
      try {
        await round(stopping);
        succeededAt = performance.now();
        why = undefined;
      } catch (error) {
        if (stopping.aborted) return;
        why = `${name} failed: ${error instanceof Error ? error.message : String(error)}`;
        tell(onError, error);
      }
      await pause(intervalMs, undefined, { signal: stopping }).catch(() => {});
    }
  }
}
