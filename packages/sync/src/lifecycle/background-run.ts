/** Something that runs in the background until it is told to stop. */
export interface BackgroundRun {
  readonly state: "idle" | "running" | "stopping" | "stopped";
  /** Begins; after a stop that is in flight, when that has ended. Twice is once. */
  start(): Promise<void>;
  /** Ends it; resolves when nothing of it runs. Safe twice and before `start`; shares the promise in flight. */
  stop(): Promise<void>;
}

/**
 * Keeps `start` and `stop` apart, however they are called.
 *
 * @param run runs until the signal is aborted, and then ends in bounded time; it never rejects
 */
export function backgroundRun(run: (stopping: AbortSignal) => Promise<void>): BackgroundRun {
  let current: { readonly stopping: AbortController; readonly done: Promise<void> } | undefined;
  let stopped = false;

  return {
    get state() {
      if (current === undefined) return stopped ? "stopped" : "idle";
      return current.stopping.signal.aborted ? "stopping" : "running";
    },
    async start() {
      while (current?.stopping.signal.aborted === true) await current.done;
      if (current !== undefined) return;
      const stopping = new AbortController();
      const done = run(stopping.signal).finally(() => {
        if (!stopping.signal.aborted) return;
        current = undefined;
        stopped = true;
      });
      current = { stopping, done };
    },
    async stop() {
      if (current === undefined) return;
      current.stopping.abort();
      await current.done;
    },
  };
}
