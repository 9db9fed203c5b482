import type { Executor } from "../executor/executor.ts";

/** Sessions of users and agents. */
// biome-ignore lint/complexity/noBannedTypes: filled question by question
export type Sessions = {};

/** Binds the questions about sessions to a database or a transaction. */
export function sessionsOf(_on: Executor): Sessions {
  return {};
}
