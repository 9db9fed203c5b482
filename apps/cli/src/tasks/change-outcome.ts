import type { TaskOutcome } from "@mister-smith/client";
import type { Outcome } from "../output/outcomes-result.ts";

/**
 * What became of a task, for people.
 *
 * @param done the outcomes that are what was asked for
 */
export function changeOutcome({ taskId, outcome }: TaskOutcome, done: readonly string[]): Outcome {
  if (outcome === "missing") return { id: taskId, verdict: "missing", words: "does not exist" };
  return { id: taskId, verdict: done.includes(outcome) ? "done" : "refused", words: outcome };
}
