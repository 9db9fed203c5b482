import type { Executor } from "../executor/executor.ts";
import type { Page, PageOptions } from "../page/page.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { Agent, LifecycleEvent } from "./agent.ts";
import { type AgentEventsInput, agentEvents } from "./agent-events.ts";
import type { AgentFilter } from "./agent-filter.ts";
import {
  type AgentRelative,
  agentAncestors,
  agentSubtree,
  type RelativesOptions,
} from "./agent-relatives.ts";
import {
  changeAgentStatus,
  changeAgentStatuses,
  type StatusChange,
  type StatusChanged,
} from "./change-agent-statuses.ts";
import { type AgentCounts, countAgents } from "./count-agents.ts";
import { type FindAgentsInput, findAgents } from "./find-agents.ts";
import { getAgent } from "./get-agent.ts";
import { getManyAgents } from "./get-many-agents.ts";
import { type Heartbeats, heartbeatAgent, heartbeatAgents } from "./heartbeat-agents.ts";
import {
  type RegisteredAgent,
  type RegisterInput,
  registerAgent,
  registerAgents,
} from "./register-agents.ts";
import { removeAgent } from "./remove-agent.ts";
import { type StaleInput, staleAgents } from "./stale-agents.ts";
import { streamAgents } from "./stream-agents.ts";
import { type UpdateAgentInput, updateAgent } from "./update-agent.ts";

/** What the end of an agent leaves on record. */
export type TerminateInput = Pick<StatusChange, "eventData" | "triggeredBy" | "expectedStatuses">;

/**
 * Agents: who there is, how they are, who stands above whom.
 *
 * From any status an agent may change to any other, but `terminated` is final: a terminated agent stays on record, with
 * its state, and never comes back. An application with stricter rules of its own says so by `expectedStatuses`. Every
 * registration and every change of status leaves a lifecycle event in the same transaction.
 *
 * All methods throw `INVALID_INPUT` for an input that is not allowed, before anything is sent.
 */
export interface Agents {
  /**
   * Registers an agent, with the event `registered`.
   *
   * It may be repeated: with an `agentId` that is registered with the same type, name, parent, capabilities,
   * configuration and metadata it changes nothing, leaves no event, and returns the agent as it is now, whatever its
   * status.
   *
   * @throws ClientError `ALREADY_EXISTS` when the identifier is registered with other facts; `NOT_FOUND` when the parent
   *   or the agent that triggered it is not registered
   */
  register(input: RegisterInput, options?: QueryOptions): Promise<RegisteredAgent>;
  /**
   * Registers up to 10,000 agents, all of them or none, in the order given; a parent may be among them. As
   * {@link Agents.register}.
   */
  registerMany(inputs: readonly RegisterInput[], options?: QueryOptions): Promise<readonly RegisteredAgent[]>;
  /** Reads an agent; null when it is not registered. */
  get(agentId: string, options?: QueryOptions): Promise<Agent | null>;
  /** Reads up to 10,000 agents in one statement, in the order asked for; null where there is none. */
  getMany(agentIds: readonly string[], options?: QueryOptions): Promise<readonly (Agent | null)[]>;
  /** Finds agents, newest first, page by page. Agents that are registered meanwhile change no page that follows. */
  find(input?: FindAgentsInput, options?: QueryOptions): Promise<Page<Agent>>;
  /** All agents that meet the filter, one after the other, in no order, as of one moment. */
  stream(filter?: AgentFilter, options?: QueryOptions): AsyncIterable<Agent>;
  /** Agents that were not heard of for a time, or never since they were registered; newest first, page by page. */
  stale(input: StaleInput, options?: QueryOptions): Promise<Page<Agent>>;
  /** How many agents there are of each status. */
  countByStatus(filter?: AgentFilter, options?: QueryOptions): Promise<AgentCounts>;
  /**
   * Notes that an agent lives, by the server's clock. It changes no status: an agent in `error` or `suspended` stays so.
   *
   * @throws ClientError `NOT_FOUND` when it is not registered; `WRONG_STATUS` when it is terminated, so that a process
   *   that outlived its agent learns of it
   */
  heartbeat(agentId: string, options?: QueryOptions): Promise<void>;
  /** As {@link Agents.heartbeat} for up to 100,000 agents in one statement; says which did not count. */
  heartbeatMany(agentIds: readonly string[], options?: QueryOptions): Promise<Heartbeats>;
  /**
   * Changes the status of an agent, with an event that has the status before and after. The status it has already is no
   * change, and leaves no event.
   *
   * @throws ClientError `NOT_FOUND` when it, or the agent that triggers it, is not registered; `WRONG_STATUS` when it is
   *   terminated, or has none of the expected statuses
   */
  changeStatus(agentId: string, change: StatusChange, options?: QueryOptions): Promise<StatusChanged>;
  /** As {@link Agents.changeStatus} for up to 10,000 agents in one statement; says of each what became of it. */
  changeStatuses(
    agentIds: readonly string[],
    change: StatusChange,
    options?: QueryOptions,
  ): Promise<readonly StatusChanged[]>;
  /** Ends an agent for good, with the event `terminated`. An agent that is terminated already stays as it is. */
  terminate(agentId: string, input?: TerminateInput, options?: QueryOptions): Promise<StatusChanged>;
  /**
   * Changes name, capabilities, configuration or metadata. What is not given stays.
   *
   * @throws ClientError `NOT_FOUND` when it is not registered
   */
  update(agentId: string, input: UpdateAgentInput, options?: QueryOptions): Promise<Agent>;
  /** What happened to an agent, newest first, page by page. */
  events(input: AgentEventsInput, options?: QueryOptions): Promise<Page<LifecycleEvent>>;
  /** The agents that an agent has started, newest first, page by page. */
  children(agentId: string, page?: PageOptions, options?: QueryOptions): Promise<Page<Agent>>;
  /** The agents above an agent, its parent first. Each once, even if the data goes in a circle. */
  ancestors(
    agentId: string,
    input?: RelativesOptions,
    options?: QueryOptions,
  ): Promise<readonly AgentRelative[]>;
  /** All agents below an agent, the nearest first. Each once, even if the data goes in a circle. */
  subtree(
    agentId: string,
    input?: RelativesOptions,
    options?: QueryOptions,
  ): Promise<readonly AgentRelative[]>;
  /**
   * Deletes an agent with its state, checkpoints, subscriptions and events. Only an agent without a past can go: who has
   * children, tasks, messages, sessions or facts is rather terminated. Returns whether it was there.
   *
   * @throws ClientError `IN_USE` when something refers to it, with the table
   */
  remove(agentId: string, options?: QueryOptions): Promise<boolean>;
}

/** Binds the questions about agents to a database or a transaction. */
export function agentsOf(on: Executor): Agents {
  return {
    register: (input, options) => registerAgent(on, input, options),
    registerMany: (inputs, options) => registerAgents(on, inputs, options),
    get: (agentId, options) => getAgent(on, agentId, options),
    getMany: (agentIds, options) => getManyAgents(on, agentIds, options),
    find: (input, options) => findAgents(on, input, options),
    stream: (filter, options) => streamAgents(on, filter, options),
    stale: (input, options) => staleAgents(on, input, options),
    countByStatus: (filter, options) => countAgents(on, filter, options),
    heartbeat: (agentId, options) => heartbeatAgent(on, agentId, options),
    heartbeatMany: (agentIds, options) => heartbeatAgents(on, agentIds, options),
    changeStatus: (agentId, change, options) => changeAgentStatus(on, agentId, change, options),
    changeStatuses: (agentIds, change, options) => changeAgentStatuses(on, agentIds, change, options),
    terminate: (agentId, input, options) =>
      changeAgentStatus(on, agentId, { eventType: "terminated", ...input, status: "terminated" }, options),
    update: (agentId, input, options) => updateAgent(on, agentId, input, options),
    events: (input, options) => agentEvents(on, input, options),
    children: (agentId, page, options) => findAgents(on, { ...page, parentAgentId: agentId }, options),
    ancestors: (agentId, input, options) => agentAncestors(on, agentId, input, options),
    subtree: (agentId, input, options) => agentSubtree(on, agentId, input, options),
    remove: (agentId, options) => removeAgent(on, agentId, options),
  };
}
