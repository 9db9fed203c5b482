import type { StopRung } from "./messages.ts";

/** Fast shutdown; then immediate, which loses nothing that was committed; then by force. */
export const postgresStopLadder: readonly StopRung[] = [
  { signal: "SIGINT", waitMs: 20_000 },
  { signal: "SIGQUIT", waitMs: 5_000 },
  { signal: "SIGKILL", waitMs: 5_000 },
];

/** SIGTERM lets JetStream write down what it holds; then by force. */
export const natsStopLadder: readonly StopRung[] = [
  { signal: "SIGTERM", waitMs: 10_000 },
  { signal: "SIGKILL", waitMs: 5_000 },
];
