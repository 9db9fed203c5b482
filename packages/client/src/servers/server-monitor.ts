import { failureOf } from "../resilience/failure.ts";
import type { ProbeAnswer } from "./probe-statement.ts";
import { nextServerState, type ServerEvent, type ServerState, unknownServer } from "./server-state.ts";

/** How a server is watched. */
export interface ServerMonitorOptions {
  /** Asks the server; rejects after the timeout of a probe at the latest. */
  readonly ask: () => Promise<ProbeAnswer>;
  /** The pause between the end of a probe and the next. */
  readonly intervalMs: number;
  readonly onChange: (from: ServerState, to: ServerState) => void;
}

/** Knows whether a server runs: by asking it, once at a time, and by what callers see. */
export interface ServerMonitor {
  readonly state: ServerState;
  /** Asks now, or joins the question that is under way. Never rejects. */
  probe(): Promise<ServerState>;
  /** A caller lost its connection: nobody is sent there until the server has answered. */
  suspect(error: unknown): void;
  /** A statement of a caller was answered, also one inside a transaction. */
  served(): void;
  /** It said this on another connection. */
  heard(answer: ProbeAnswer): void;
  /** Asks no more; resolves when no question is under way. */
  stop(): Promise<void>;
}

/** Watches a server until it is stopped. Its timers keep no process alive. */
export function serverMonitor({ ask, intervalMs, onChange }: ServerMonitorOptions): ServerMonitor {
  let state = unknownServer;
  let running: Promise<ServerState> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let servedAt = 0;

  return {
    get state() {
      return state;
    },
    probe,
    suspect(error) {
      hear({ type: "suspected", error });
      if (state.status === "suspect") void probe();
    },
    served() {
      servedAt = performance.now();
    },
    heard(answer) {
      const { latencyMs = 0 } = state;
      hear({ type: "answered", answer, latencyMs, askedAt: performance.now() });
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };

  function probe(): Promise<ServerState> {
    if (stopped) return Promise.resolve(state);
    running ??= askOnce().finally(() => {
      running = undefined;
      if (!stopped) timer = setTimeout(probe, intervalMs).unref();
    });
    return running;
  }

  async function askOnce(): Promise<ServerState> {
    clearTimeout(timer);
    const askedAt = performance.now();
    try {
      const answer = await ask();
      hear({ type: "answered", answer, latencyMs: performance.now() - askedAt, askedAt });
    } catch (error) {
      hear({ type: "failed", error, served: servedAt > askedAt || failureOf(error) === "busy" });
    }
    return state;
  }

  function hear(event: ServerEvent): void {
    const from = state;
    state = nextServerState(from, event);
    if (!stopped && state !== from) onChange(from, state);
  }
}
