import type { Executor } from "../executor/executor.ts";

/** What agents found out: facts and their embeddings. */
// biome-ignore lint/complexity/noBannedTypes: filled question by question
export type Knowledge = {};

/** Binds the questions about knowledge to a database or a transaction. */
export function knowledgeOf(_on: Executor): Knowledge {
  return {};
}
