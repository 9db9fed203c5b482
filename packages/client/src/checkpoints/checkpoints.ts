import type { Executor } from "../executor/executor.ts";

/** Snapshots of an agent's whole state, to go back to. */
// biome-ignore lint/complexity/noBannedTypes: filled question by question
export type Checkpoints = {};

/** Binds the questions about checkpoints to a database or a transaction. */
export function checkpointsOf(_on: Executor): Checkpoints {
  return {};
}
