import type { Executor } from "../executor/executor.ts";

/** Messages between agents: channels, subscriptions, inboxes. */
// biome-ignore lint/complexity/noBannedTypes: filled question by question
export type Messages = {};

/** Binds the questions about messages to a database or a transaction. */
export function messagesOf(_on: Executor): Messages {
  return {};
}
