import type { Executor } from "../executor/executor.ts";

/** The state of agents, one value a key. */
// biome-ignore lint/complexity/noBannedTypes: filled question by question
export type State = {};

/** Binds the questions about state to a database or a transaction. */
export function stateOf(_on: Executor): State {
  return {};
}
