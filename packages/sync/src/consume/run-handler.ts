import { SyncError } from "../errors/sync-error.ts";

/** What runs, and how long it may. */
export interface HandlerRun {
  readonly work: (signal: AbortSignal) => Promise<void> | void;
  /** In milliseconds; 0 is without limit. */
  readonly timeoutMs: number;
  /** Aborted when it has to stop; it is told, and is waited for all the same. */
  readonly stopped: AbortSignal;
  /** It has come to its end by itself, however that was. */
  readonly ended: () => void;
}

/**
 * Runs a handler until it ends or its time is over. Then its signal is aborted, and how it ends after that counts no more.
 *
 * @throws what the handler throws; SyncError `TIMEOUT`
 */
export async function runHandler({ work, timeoutMs, stopped, ended }: HandlerRun): Promise<void> {
  const over = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const end = () => {
    const error = new SyncError("TIMEOUT", `the handler has not ended within ${timeoutMs} ms`);
    over.abort(error);
    reject(error);
  };
  const timer = timeoutMs === 0 ? undefined : setTimeout(end, timeoutMs);
  try {
    const running = (async () => work(AbortSignal.any([stopped, over.signal])))().finally(ended);
    await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
  }
}
