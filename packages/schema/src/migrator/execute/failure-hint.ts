import type { DatabaseErrorClass } from "@mister-smith/errors";
import type { MigrationStep } from "../plan/migration-step.ts";
import { readServerError } from "./server-error.ts";
import type { StatementFailure } from "./statement-failure.ts";

/** What to do about a server that takes no writes. */
export const readOnlyHint =
  "This server takes no writes: it is a standby, or read-only. Connect to the primary.";

/**
 * What is left of a file that failed, and what to do next.
 *
 * @param grants the statements that let the role write the record
 */
export function failureHint(
  step: MigrationStep,
  failure: StatementFailure,
  errorClass: DatabaseErrorClass,
  grants: string,
): string {
  const serverHint = readServerError(failure.cause).hint;
  const state = stateOf(step, failure, errorClass);
  // At its end a file is recorded: what is missing there is a right on the record.
  const recording = failure.statement === undefined && errorClass === "permission";
  const next = recording ? `The record needs ${grants}` : nextOf(step, errorClass);
  const parts = [serverHint, state, next];
  return parts.filter((part) => part !== undefined && part !== "").join(" ");
}

/** What a file that failed has left in the database. */
export function stateOf(
  step: MigrationStep,
  { statement }: StatementFailure,
  errorClass: DatabaseErrorClass,
): string {
  const { file } = step.script;
  if (step.mode === "transaction") {
    return statement === undefined && errorClass === "connection"
      ? `Whether ${file} was committed is not known yet.`
      : `Nothing of ${file} was applied.`;
  }
  const before = step.statements.filter(
    (other) => statement === undefined || other.index < statement.index,
  ).length;
  return `${file} runs without a transaction: ${before} of its ${step.statements.length} statements are done and recorded, and will not be run again.`;
}

function nextOf({ direction }: MigrationStep, errorClass: DatabaseErrorClass): string {
  const command = `\`smith migrate ${direction}\``;
  switch (errorClass) {
    case "connection":
      return `When the server is back, look with \`smith migrate status\` and run ${command} again.`;
    case "lock-timeout":
      return `Run ${command} again when less is going on, or end the sessions that are named.`;
    case "permission":
      return "Give the role the right, or connect as a role that has it.";
    case "duplicate-object":
      return "If the database has this change already, record that with `smith migrate baseline` or `repair`.";
    case "read-only":
      return readOnlyHint;
    case "resources":
      return `Look at the server's disk and memory, then run ${command} again.`;
    default:
      return `Correct the cause and run ${command} again.`;
  }
}
