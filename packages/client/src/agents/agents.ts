import type { Executor } from "../executor/executor.ts";

/** Agents: who there is, how they are, who stands above whom. */
// biome-ignore lint/complexity/noBannedTypes: filled question by question
export type Agents = {};

/** Binds the questions about agents to a database or a transaction. */
export function agentsOf(_on: Executor): Agents {
  return {};
}
