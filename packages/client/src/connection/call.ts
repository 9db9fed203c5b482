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

/** The longest that a timer of Node.js can wait. */
const longestMs = 2_147_483_647;

/** Starts the clock of a call and listens to its signal. */
export function startCall(options: QueryOptions | undefined, defaultTimeoutMs: number): Call {
  const timeoutMs = options?.timeoutMs ?? defaultTimeoutMs;
  return new RunningCall(timeoutMs, options?.signal);
}

class RunningCall implements Call {
  ended: Error | undefined;
  onEnd: ((why: Error) => void) | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #abort: (() => void) | undefined;

  constructor(timeoutMs: number, signal: AbortSignal | undefined) {
    if (timeoutMs > 0 && timeoutMs <= longestMs)
      this.#timer = setTimeout(endByTimeout, timeoutMs, this, timeoutMs);
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
