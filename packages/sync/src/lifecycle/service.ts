/** Whether a part runs, and how it is. */
export interface ServiceStatus {
  /** `stuck`: it runs, but has come no further for longer than it may. */
  readonly state: "idle" | "starting" | "running" | "stuck" | "stopping" | "stopped";
  /** Why it is as it is, in a sentence; undefined when there is nothing to say. */
  readonly why: string | undefined;
}

/**
 * A part that runs for long.
 *
 * `start` twice is once. `stop` is safe twice and before `start`, shares the promise that is in flight, and ends in
 * bounded time. What has been stopped may be started again.
 */
export interface Service extends AsyncDisposable {
  readonly name: string;
  /** Resolves when it runs. */
  start(): Promise<void>;
  /** Lets what it has begun come to its end, and resolves when nothing of it runs. */
  stop(): Promise<void>;
  status(): ServiceStatus;
}
