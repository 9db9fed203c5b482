import {
  CircuitState as Circuit,
  type CircuitBreakerPolicy,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
} from "cockatiel";
import { ClientError } from "../errors/client-error.ts";

/** Closed: calls go through. Open: none does. Half-open: a few do, and decide which of both comes next. */
export type CircuitState = "closed" | "open" | "half-open";

/** When a breaker opens, and how it closes again. */
export interface CircuitBreakerOptions {
  /** Opens after this many failures in a row. */
  readonly failureThreshold: number;
  /** Lets trial calls through after this many milliseconds. */
  readonly recoveryTimeoutMs: number;
  /** As many trial calls; it closes when all of them succeed, and opens again when one fails. */
  readonly halfOpenCalls: number;
  /** Whether a failure is one of the way to the server; no other counts. */
  readonly counts: (error: unknown) => boolean;
  readonly onChange: (from: CircuitState, to: CircuitState) => void;
}

/** Keeps callers from waiting for a server that has failed again and again. */
export interface CircuitBreaker {
  readonly state: CircuitState;
  /** Whether a call would go through now. */
  allows(): boolean;
  /**
   * Runs `call`; calls never wait for one another.
   *
   * @throws ClientError `CIRCUIT_OPEN` at once, with `details.retryAfterMs`, when none may go through
   */
  run<Result>(call: () => Promise<Result>): Promise<Result>;
  /** Closes it and forgets every failure: the server was down, which explains them, and is back. */
  reset(): void;
}

const names = {
  [Circuit.Closed]: "closed",
  [Circuit.Open]: "open",
  [Circuit.HalfOpen]: "half-open",
  [Circuit.Isolated]: "open",
} as const satisfies Record<Circuit, CircuitState>;

/** A breaker for the server at `address`. */
export function serverCircuitBreaker(address: string, options: CircuitBreakerOptions): CircuitBreaker {
  const { recoveryTimeoutMs, halfOpenCalls } = options;
  let shown: CircuitState = "closed";
  let trialsFrom = 0;
  // Cockatiel has further calls wait for the outcome of the trials. Ours fail fast, so the trials are counted here.
  let trials = 0;
  let policy = newPolicy();

  const allows = () => {
    if (shown === "closed") return true;
    return shown === "open" ? Date.now() >= trialsFrom : trials < halfOpenCalls;
  };

  return {
    get state() {
      return shown;
    },
    allows,
    run: async (call) => {
      if (shown !== "closed") {
        if (!allows()) throw circuitOpen();
        trials += 1;
      }
      return await policy.execute(call);
    },
    reset: () => {
      policy = newPolicy();
      if (shown !== "closed") changeTo("closed");
    },
  };

  function newPolicy(): CircuitBreakerPolicy {
    const made = circuitBreaker(handleWhen(options.counts), {
      breaker: new ConsecutiveBreaker(options.failureThreshold),
      halfOpenAfter: recoveryTimeoutMs,
      halfOpenSampling: { calls: halfOpenCalls, threshold: 0 },
    });
    made.onStateChange((state) => {
      // Calls that began before `reset` still report to the policy of their time.
      if (made === policy) changeTo(names[state]);
    });
    return made;
  }

  function changeTo(state: CircuitState): void {
    const from = shown;
    shown = state;
    // Those who see it half-open have begun the first trial.
    trials = state === "half-open" ? 1 : 0;
    if (state === "open") trialsFrom = Date.now() + recoveryTimeoutMs;
    options.onChange(from, state);
  }

  function circuitOpen(): ClientError {
    const retryAfterMs = Math.max(0, trialsFrom - Date.now());
    const when = retryAfterMs === 0 ? "is being tried just now" : `will be tried again in ${retryAfterMs} ms`;
    return new ClientError("CIRCUIT_OPEN", `${address} failed too often just now and ${when}`, {
      retryable: true,
      hint: "`health()` says what is wrong with the server.",
      details: { address, retryAfterMs },
    });
  }
}
