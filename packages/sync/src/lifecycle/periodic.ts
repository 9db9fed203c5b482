import { setTimeout as pause } from "node:timers/promises";
import type { Service, ServiceStatus } from "./service.ts";

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
  let run: { readonly stopping: AbortController; readonly done: Promise<void> } | undefined;
  let stopped = false;
  let succeededAt = 0;
  let why: string | undefined;

  const service: Service = {
    name,
    start() {
      if (run !== undefined) return Promise.resolve();
      stopped = false;
      succeededAt = performance.now();
      why = undefined;
      const stopping = new AbortController();
      run = { stopping, done: rounds(stopping.signal) };
      return Promise.resolve();
    },
    async stop() {
      if (run === undefined) return;
      const { stopping, done } = run;
      stopping.abort();
      await done;
      run = undefined;
      stopped = true;
    },
    status(): ServiceStatus {
      if (run === undefined) return { state: stopped ? "stopped" : "idle", why: undefined };
      if (run.stopping.signal.aborted) return { state: "stopping", why: undefined };
      const silentMs = performance.now() - succeededAt - intervalMs;
      if (silentMs <= stuckAfterMs) return { state: "running", why };
      return { state: "stuck", why: why ?? `${name} has been at one round for ${Math.round(silentMs)} ms` };
    },
    [Symbol.asyncDispose]: () => service.stop(),
  };
  return service;

  async function rounds(stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted) {
      try {
        await round(stopping);
        succeededAt = performance.now();
        why = undefined;
      } catch (error) {
        if (stopping.aborted) return;
        why = `${name} failed: ${error instanceof Error ? error.message : String(error)}`;
        onError?.(error);
      }
      await pause(intervalMs, undefined, { signal: stopping }).catch(() => {});
    }
  }
}
