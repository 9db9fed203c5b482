import { ClientError } from "../errors/client-error.ts";

/** The error for an agent that does not exist. */
export function noAgent(agentId: string): ClientError {
  return new ClientError("NOT_FOUND", `agent ${agentId} does not exist`, {
    hint: "Register it first.",
    details: { agentId },
  });
}
