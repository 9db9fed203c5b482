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
  /** As many trial calls; it closes when all of them got through, and opens again when one does not. */
  readonly halfOpenCalls: number;
  /** Whether a failure is one of the way to the server; no other counts. */
  readonly counts: (error: unknown) => boolean;
  /** Whether a call that failed so has not shown anything: it ended before it had a connection. */
  readonly saysNothing: (error: unknown) => boolean;
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
  /**
   * A caller has a connection to the server: the trial that has waited longest has got through. How long a trial then
   * takes says nothing about the way, and must not shut others out.
   */
  reached(): void;
  /** Closes it and forgets every failure: the server was down, which explains them, and is back. */
  reset(): void;
}

const names = {
  [Circuit.Closed]: "closed",
  [Circuit.Open]: "open",
  [Circuit.HalfOpen]: "half-open",
  [Circuit.Isolated]: "open",
} as const satisfies Record<Circuit, CircuitState>;

/** A call of a half-open breaker; `decided` once it is known whether it got through. */
interface Trial {
  decided: boolean;
}

/** A breaker for the server at `address`. */
export function serverCircuitBreaker(address: string, options: CircuitBreakerOptions): CircuitBreaker {
  const { recoveryTimeoutMs, halfOpenCalls, counts, saysNothing } = options;
  let shown: CircuitState = "closed";
  let trialsFrom = 0;
  // Cockatiel has further calls wait for the outcome of the trials. Ours fail fast, so the trials are run here, and it
  // is told how each came out.
  let trials = new Set<Trial>();
  let policy = newPolicy();

  const allows = () => {
    if (shown === "closed") return true;
    return shown === "open" ? Date.now() >= trialsFrom : trials.size < halfOpenCalls;
  };

  return {
    get state() {
      return shown;
    },
    allows,
    run: async (call) => {
      if (shown === "closed") return await policy.execute(call);
      if (!allows()) throw circuitOpen();
      return await runTrial(call);
    },
    reached: () => {
      for (const trial of trials) if (!trial.decided) return decide(trial);
    },
    reset: () => {
      policy = newPolicy();
      if (shown !== "closed") changeTo("closed");
    },
  };

  async function runTrial<Result>(call: () => Promise<Result>): Promise<Result> {
    if (shown === "open") changeTo("half-open");
    const trial: Trial = { decided: false };
    trials.add(trial);
    try {
      const result = await call();
      decide(trial);
      return result;
    } catch (error) {
      if (counts(error)) decide(trial, error);
      else if (saysNothing(error)) giveUp(trial);
      else decide(trial);
      throw error;
    }
  }

  // Trials of before the last change say nothing of now. One that got through and is then lost counts all the same.
  function decide(trial: Trial, failure?: unknown): void {
    if (!trials.has(trial) || (trial.decided && failure === undefined)) return;
    trial.decided = true;
    void policy
      .execute(async () => {
        if (failure !== undefined) throw failure;
      })
      .catch(() => {});
  }

  function giveUp(trial: Trial): void {
    if (!trial.decided) trials.delete(trial);
  }

  function newPolicy(): CircuitBreakerPolicy {
    const made = circuitBreaker(handleWhen(counts), {
      breaker: new ConsecutiveBreaker(options.failureThreshold),
      halfOpenAfter: recoveryTimeoutMs,
      halfOpenSampling: { calls: halfOpenCalls, threshold: 0 },
    });
    made.onStateChange((state) => {
      // Calls that began before `reset` still report to the policy of their time.
      if (made === policy && names[state] !== shown) changeTo(names[state]);
    });
    return made;
  }

  function changeTo(state: CircuitState): void {
    const from = shown;
    shown = state;
    trials = new Set();
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
