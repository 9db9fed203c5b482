/** What is done at a change; each is called only when it is due. */
export interface LifecycleSteps {
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Whether what was started still runs: it may have died since. */
  readonly isRunning: () => boolean;
}

/** Start and stop that may be called at any time, by several callers at once. */
export interface Lifecycle {
  /** Starts what is stopped. While it starts, every caller gets the same promise. */
  start(): Promise<void>;
  /** Stops what runs; nothing happens when it does not. While it stops, every caller gets the same promise. */
  stop(): Promise<void>;
}

interface Change {
  readonly to: "running" | "stopped";
  readonly done: Promise<void>;
}

/**
 * The one lifecycle of everything here that runs for long: a change that is wanted while the opposite one
 * is under way waits for it. A start that fails changes nothing; a stop that fails may be tried again. What has
 * died is started again by `start`, and `stop` clears up after it.
 */
export function createLifecycle(steps: LifecycleSteps): Lifecycle {
  let state: Change["to"] = "stopped";
  let underWay: Change | undefined;

  const isDue = (to: Change["to"]) => state !== to || (to === "running" && !steps.isRunning());

  const change = (to: Change["to"], step: () => Promise<void>): Promise<void> => {
    if (underWay?.to === to) return underWay.done;
    if (underWay === undefined && !isDue(to)) return Promise.resolve();
    const before = underWay?.done.catch(() => {});
    const done = (async () => {
      await before;
      if (!isDue(to)) return;
      await step();
      state = to;
    })().finally(() => {
      if (underWay === current) underWay = undefined;
    });
    const current: Change = { to, done };
    underWay = current;
    return done;
  };

  return {
    start: () => change("running", steps.start),
    stop: () => change("stopped", steps.stop),
  };
}
