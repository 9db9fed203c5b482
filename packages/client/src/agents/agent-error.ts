import { ClientError } from "../errors/client-error.ts";
import { violatedConstraint } from "../errors/violated-constraint.ts";

/** The agent is not registered. */
export function noSuchAgent(agentId: string, part = ""): ClientError {
  return new ClientError("NOT_FOUND", `no agent ${agentId}${part}`, { details: { agentId } });
}

/**
 * Runs a statement that names other agents, and says which of them is not registered.
 *
 * @throws ClientError `NOT_FOUND` when a foreign key refused an agent
 */
export async function naming<Result>(
  agents: { readonly parent?: readonly string[]; readonly triggeredBy?: string | undefined },
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    const constraint = violatedConstraint(error)?.constraint;
    if (constraint === "lifecycle_events_triggered_by_fkey" && agents.triggeredBy !== undefined)
      throw missing("the agent that triggered it", [agents.triggeredBy], error);
    if (constraint === "registry_parent_agent_id_fkey" && agents.parent !== undefined)
      throw missing("the parent", agents.parent, error);
    throw error;
  }
}

function missing(role: string, agentIds: readonly string[], cause: unknown): ClientError {
  const which = agentIds.length === 1 ? "" : "one of ";
  return new ClientError("NOT_FOUND", `${role} is not registered: ${which}${agentIds.join(", ")}`, {
    cause,
    hint: "Register it first.",
    details: { agentIds },
  });
}
