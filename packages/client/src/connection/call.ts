import { inspect } from "node:util";
import { ClientError } from "../errors/client-error.ts";
import type { QueryOptions } from "../queryable/query-options.ts";

/** One call with its time limit and the caller's signal. */
export interface Call {
  /** Why it is over: `TIMEOUT` or `ABORTED`. */
  readonly ended: Error | undefined;
  /** Told once when it is over before its end: one at a time listens. */
  onEnd: ((why: Error) => void) | undefined;
  /** Ends it before its time. */
  end(why: Error): void;
  /** To be called at its end, whatever it was. */
  stop(): void;
}

/** When the time began of which `timeoutMs` is the limit, by `performance.now()`: set only by {@link fromNow}. */
const since = Symbol("since");

/** What bounds a call. */
export interface CallBounds extends Pick<QueryOptions, "signal" | "timeoutMs"> {
  readonly [since]?: number;
}

/** Options whose time runs from now on, or from `startedAt`: whatever is started with them ends at the same moment. */
export function fromNow<Options extends CallBounds>(
  options: Options | undefined,
  startedAt = performance.now(),
): Options | undefined {
  checkBounds(options);
  if (options?.timeoutMs === undefined || options[since] !== undefined) return options;
  return { ...options, [since]: startedAt };
}

/**
 * Checks what a caller gave.
 *
 * @throws ClientError `INVALID_INPUT`
 */
export function checkBounds(options: CallBounds | undefined): void {
  const timeoutMs: unknown = options?.timeoutMs;
  if (timeoutMs !== undefined && !(typeof timeoutMs === "number" && timeoutMs > 0))
    throw new ClientError("INVALID_INPUT", `timeoutMs is ${inspect(timeoutMs)}, not a number above 0`, {
      hint: "Give milliseconds, Infinity for no limit, or leave it out for the default.",
      details: { timeoutMs },
    });
  const signal: unknown = options?.signal;
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new ClientError("INVALID_INPUT", `signal is ${inspect(signal)}, not an AbortSignal`, {
      hint: "Give the `signal` of an AbortController.",
    });
}

/** The longest that a timer of Node.js can wait. */
const longestMs = 2_147_483_647;

/**
 * Starts the clock of a call and listens to its signal.
 *
 * @param defaultTimeoutMs for when the options have no limit; 0: without limit
 * @throws ClientError `INVALID_INPUT`
 */
export function startCall(options: CallBounds | undefined, defaultTimeoutMs: number): Call {
  checkBounds(options);
  const now = performance.now();
  const timeoutMs = options?.timeoutMs;
  if (timeoutMs === undefined) return new RunningCall(defaultTimeoutMs, defaultTimeoutMs, options?.signal);
  const leftMs = (options?.[since] ?? now) + timeoutMs - now;
  return new RunningCall(timeoutMs, leftMs, options?.signal);
}

class RunningCall implements Call {
  ended: Error | undefined;
  onEnd: ((why: Error) => void) | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #abort: (() => void) | undefined;

  constructor(timeoutMs: number, leftMs: number, signal: AbortSignal | undefined) {
    if (timeoutMs > 0 && leftMs <= 0) endByTimeout(this, timeoutMs);
    else if (timeoutMs > 0 && leftMs <= longestMs)
      this.#timer = setTimeout(endByTimeout, leftMs, this, timeoutMs);
    this.#signal = signal;
    if (signal === undefined) return;
    this.#abort = () => this.end(aborted(signal));
    if (signal.aborted) this.end(aborted(signal));
    else signal.addEventListener("abort", this.#abort, { once: true });
  }

  end(why: Error): void {
    if (this.ended !== undefined) return;
    this.ended = why;
    this.onEnd?.(why);
  }

  stop(): void {
    clearTimeout(this.#timer);
    if (this.#abort !== undefined) this.#signal?.removeEventListener("abort", this.#abort);
    this.onEnd = undefined;
  }
}

function endByTimeout(call: RunningCall, timeoutMs: number): void {
  call.end(
    new ClientError("TIMEOUT", `the call took longer than its ${timeoutMs} ms`, {
      hint: "Give the call more time with `timeoutMs`, or look at what the server was busy with.",
      details: { timeoutMs },
    }),
  );
}

function aborted(signal: AbortSignal): ClientError {
  return new ClientError("ABORTED", "the caller's signal ended the call", { cause: signal.reason });
}
