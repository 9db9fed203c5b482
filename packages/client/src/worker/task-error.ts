import { isSmithError, SmithError, type SmithErrorOptions } from "@mister-smith/errors";

/**
 * Thrown by a handler: the task will not succeed however often it is tried. It is dead at once, whatever retries it has left.
 *
 * Nothing else ends a task's retries, not even an error whose own `retryable` is false: that word speaks of one call, not of
 * the task.
 */
export class FatalTaskError extends SmithError<"FATAL_TASK"> {
  override readonly name = "FatalTaskError";

  constructor(message: string, options: Omit<SmithErrorOptions, "retryable"> = {}) {
    super("FATAL_TASK", message, options);
  }
}

/** Thrown by a handler: try the task again after a time that the handler knows better than the task's configuration. */
export class RetryTaskError extends SmithError<"RETRY_TASK"> {
  override readonly name = "RetryTaskError";
  /** In how many milliseconds. It counts as a retry. */
  readonly delayMs: number;

  constructor(
    message: string,
    { delayMs, ...options }: Omit<SmithErrorOptions, "retryable"> & { readonly delayMs: number },
  ) {
    super("RETRY_TASK", message, { ...options, retryable: true });
    this.delayMs = delayMs;
  }
}

/** What a handler's error says about the task's next try. */
export interface RetryWish {
  readonly mayRetry?: false;
  readonly retryDelayMs?: number;
}

/** Reads what a handler's error says about the task's next try. Never throws. */
export function retryWish(error: unknown): RetryWish {
  try {
    return wishOf(error);
  } catch {
    // It throws when it is looked at, so it says nothing.
    return {};
  }
}

function wishOf(error: unknown): RetryWish {
  // By the code, since the error may come from another copy of this package.
  if (!isSmithError(error)) return {};
  if (error.code === "FATAL_TASK") return { mayRetry: false };
  if (error.code !== "RETRY_TASK" || !("delayMs" in error)) return {};
  const delayMs = Number(error.delayMs);
  return Number.isFinite(delayMs)
    ? { retryDelayMs: Math.min(Math.max(Math.round(delayMs), 0), longestDelayMs) }
    : {};
}

// A thousand years, as for every other time of a task.
const longestDelayMs = 31_556_952_000_000;
