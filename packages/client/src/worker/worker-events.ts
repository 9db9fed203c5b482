import type { ClaimedTask } from "../tasks/claimed-task.ts";

/** What every event about one attempt says. */
export interface AttemptEvent {
  readonly task: ClaimedTask;
  /** How long the handler ran, in milliseconds; 0 when it had not begun. */
  readonly durationMs: number;
}

/** What a worker tells those who listen; made for metrics and logs. */
export interface WorkerEvents {
  /** Tasks were claimed. */
  readonly claimed: { readonly count: number };
  /** A handler begins. */
  readonly started: { readonly task: ClaimedTask };
  /** A task is completed, and that is committed. */
  readonly completed: AttemptEvent;
  /** An attempt has failed, and that is committed. One of `retried`, `dead` and `cancelled` follows. */
  readonly failed: AttemptEvent & { readonly error: unknown };
  /** The task will be tried again. */
  readonly retried: AttemptEvent & { readonly scheduledAt: Date | null };
  /** The task will not be tried again: it is among the dead letters. */
  readonly dead: AttemptEvent & { readonly error: unknown };
  /** The task was cancelled while it ran. */
  readonly cancelled: AttemptEvent;
  /** A task was given back: the worker stops. */
  readonly released: AttemptEvent;
  /** The task is no longer this worker's: its lease ran out. What its handler returns is thrown away. */
  readonly leaseLost: AttemptEvent;
  /**
   * A handler still runs although its signal was aborted: because its time is up, or a while ago (`cancelGraceMs`). Its
   * place is another task's now, beside which it runs on; what it returns is thrown away.
   */
  readonly abandoned: AttemptEvent & { readonly reason: Error };
  /** There was nothing to claim; the next look is in so many milliseconds, unless something is enqueued here before. */
  readonly idle: { readonly delayMs: number };
  /** Something went wrong that no handler is to blame for. The worker goes on. */
  readonly error: { readonly doing: string; readonly error: unknown };
}

/** Hears of one kind of event. */
export type WorkerListener<Name extends keyof WorkerEvents> = (event: WorkerEvents[Name]) => void;
