import { ExponentialBackoff, type IBackoff } from "cockatiel";

/** How often and after which pauses something is tried again. */
export interface RetryOptions {
  /** How often at most. */
  readonly retries: number;
  /** The first pause, in milliseconds. */
  readonly initialDelayMs: number;
  /** The longest pause, in milliseconds. */
  readonly maxDelayMs: number;
  /** By how much each pause is longer than the one before, about. */
  readonly base: number;
}

/**
 * The pauses between tries: longer each time, each with a part of chance, so that callers who failed together do not
 * come back together. (Cockatiel's own loop of tries waits through a pause though the caller's signal or time has
 * ended; so only its pauses are used.)
 */
export function retryDelays({ initialDelayMs, maxDelayMs, base }: RetryOptions): () => number {
  let backoff: IBackoff<unknown> | undefined;
  const first = new ExponentialBackoff<number>({
    initialDelay: initialDelayMs,
    maxDelay: maxDelayMs,
    exponent: base,
  });
  return () => {
    backoff = backoff === undefined ? first.next() : backoff.next(undefined);
    return Math.round(backoff.duration);
  };
}
