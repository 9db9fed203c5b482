import { NotFound } from "../not-found.ts";

/** The error for an agent that is not registered. */
export function noAgent(agentId: string): NotFound {
  return new NotFound("agent", agentId, "`smith agents list` shows the agents that there are.");
}
