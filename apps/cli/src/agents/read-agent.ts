import type { Agent, Database, LifecycleEvent, Page } from "@mister-smith/client";
import { noAgent } from "./no-agent.ts";

/** What `smith agents show` tells of an agent. */
export interface AgentReport {
  readonly agent: Agent;
  readonly parent: Agent | null;
  /** The newest of them. */
  readonly children: Page<Agent>;
  /** The newest of them. */
  readonly events: Page<LifecycleEvent>;
  /** How many values it has. */
  readonly stateKeys: number;
}

const shown = 10;

/** Reads an agent with its nearest relatives and its latest events. */
export async function readAgent(
  { agents, state }: Database,
  agentId: string,
  signal: AbortSignal,
): Promise<AgentReport> {
  const agent = await agents.get(agentId, { signal });
  if (agent === null) throw noAgent(agentId);
  const [parent, children, events, stateKeys] = await Promise.all([
    agent.parentAgentId === null ? null : agents.get(agent.parentAgentId, { signal }),
    agents.children(agentId, { limit: shown }, { signal }),
    agents.events({ agentId, limit: shown }, { signal }),
    state.count({ agentId }, { signal }),
  ]);
  return { agent, parent, children, events, stateKeys };
}
