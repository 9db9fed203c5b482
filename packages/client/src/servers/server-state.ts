import type { ProbeAnswer } from "./probe-statement.ts";

/**
 * `unknown`: not asked yet. `up`: it answers. `suspect`: a caller lost its connection, and the server is being asked.
 * `down`: it did not answer.
 */
export type ServerStatus = "unknown" | "up" | "suspect" | "down";

/** What is known of a server. */
export interface ServerState {
  readonly status: ServerStatus;
  /** What it said last; undefined before its first answer. */
  readonly answer: ProbeAnswer | undefined;
  /** How long the last answer took, in milliseconds. */
  readonly latencyMs: number | undefined;
  /** When the question was asked that was answered last, by this process's clock. */
  readonly askedAt: number | undefined;
  /** Why it is not up, or why it could not be asked though it is. */
  readonly error: unknown;
}

/** What is heard of a server. */
export type ServerEvent =
  | {
      readonly type: "answered";
      readonly answer: ProbeAnswer;
      readonly latencyMs: number;
      readonly askedAt: number;
    }
  /** It did not answer the probe; `served`: but callers meanwhile. */
  | { readonly type: "failed"; readonly error: unknown; readonly served: boolean }
  /** A caller lost its connection. */
  | { readonly type: "suspected"; readonly error: unknown };

/** Before anything was heard. */
export const unknownServer: ServerState = {
  status: "unknown",
  answer: undefined,
  latencyMs: undefined,
  askedAt: undefined,
  error: undefined,
};

/** What is known after `event`. */
export function nextServerState(state: ServerState, event: ServerEvent): ServerState {
  switch (event.type) {
    case "answered":
      return {
        status: "up",
        answer: event.answer,
        latencyMs: event.latencyMs,
        askedAt: event.askedAt,
        error: undefined,
      };
    case "failed":
      // Whoever is too busy for the probe but serves callers is not dead.
      return { ...state, status: event.served ? "up" : "down", error: event.error };
    case "suspected":
      return state.status === "up" ? { ...state, status: "suspect", error: event.error } : state;
  }
}
