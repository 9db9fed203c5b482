import type { Executor } from "../executor/executor.ts";

/** The task queue. */
// biome-ignore lint/complexity/noBannedTypes: filled question by question
export type Tasks = {};

/** Binds the questions about tasks to a database or a transaction. */
export function tasksOf(_on: Executor): Tasks {
  return {};
}
