import { DatabaseError } from "@mister-smith/errors";
import { ClientError, type ClientErrorCode } from "../errors/client-error.ts";
import { violatedConstraint } from "../errors/violated-constraint.ts";

const faults: Readonly<Record<string, readonly [ClientErrorCode, string]>> = {
  no_dependency_cycle: ["DEPENDENCY_CYCLE", "Leave out one of the dependencies that lead back to the task."],
  dependencies_depends_on_fkey: [
    "NOT_FOUND",
    "Enqueue the task that is waited for first, or in the same call.",
  ],
  task_of_id_fkey: [
    "NOT_FOUND",
    "Enqueue that task first, in a call of its own when it is to be the parent.",
  ],
  queue_parent_fkey: ["NOT_FOUND", "Enqueue the parent task first."],
  queue_assigned_agent_id_fkey: ["NOT_FOUND", "Register the agent first."],
  queue_created_by_agent_id_fkey: ["NOT_FOUND", "Register the agent first."],
  executions_agent_id_fkey: ["NOT_FOUND", "Register the agent first."],
  claim_by_living_agent: ["WRONG_STATUS", "Register a new agent, or claim as another one."],
  queue_pkey: ["ALREADY_EXISTS", "Give each task an identifier of its own, or leave it out."],
  unique_keys_pkey: ["ALREADY_EXISTS", "Wait until the task that has the key has ended."],
};

/** What the database refused about a task, as the client's own error where there is one for it. */
export function taskFault(error: unknown): unknown {
  const violated = violatedConstraint(error);
  const fault = violated?.constraint === undefined ? undefined : faults[violated.constraint];
  if (fault === undefined || !(error instanceof DatabaseError)) return error;
  const [code, hint] = fault;
  // What the server said of the task, without that it was said of a statement.
  const said = error.cause instanceof Error ? error.cause.message : error.message;
  const message = violated?.detail === undefined ? said : `${said}: ${violated.detail}`;
  return new ClientError(code, message, {
    cause: error,
    hint,
    details: { ...error.details, constraint: violated?.constraint },
  });
}
