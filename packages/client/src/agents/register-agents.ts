import { randomUUID } from "node:crypto";
import { agentStatusType } from "@mister-smith/schema";
import { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { JsonInput } from "../json/json-input.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { Queryable } from "../queryable/queryable.ts";
import type { Agent, registry } from "./agent.ts";
import { naming, refuseUnknown } from "./agent-error.ts";
import { agentName, agentType, json, metadata } from "./agent-fields.ts";
import { insertAgents, type NewAgent, registeredBefore } from "./insert-agents.ts";

/** An agent to register. */
export interface RegisterInput {
  /** Default: a random one. Choose it yourself to be able to repeat the call. */
  readonly agentId?: string | undefined;
  /** What kind of agent it is: 1 to 50 characters. */
  readonly agentType: string;
  /** What people call it: 1 to 255 characters, not unique. */
  readonly agentName: string;
  /** Default: `initializing`. */
  readonly status?: Agent["status"] | undefined;
  /** What it can do. Default: `{}`. */
  readonly capabilities?: JsonInput | undefined;
  /** Default: `{}`. */
  readonly configuration?: JsonInput | undefined;
  /** Anything else. `created_at` and `version` are filled in where they are left out. */
  readonly metadata?: { readonly [key: string]: JsonInput } | undefined;
  /** The agent that started it. Default: none, a root agent. */
  readonly parentAgentId?: string | null | undefined;
  /** The agent that caused the registration, for the event. */
  readonly triggeredBy?: string | undefined;
}

/** An agent, and whether this call has made it. */
export type RegisteredAgent = Agent & { readonly created: boolean };

const registerInput = z
  .strictObject({
    agentId: z.guid().toLowerCase().optional(),
    agentType,
    agentName,
    status: agentStatusType.default("initializing"),
    capabilities: json.default({}),
    configuration: json.default({}),
    metadata: metadata.default({}),
    parentAgentId: z.guid().nullish(),
    triggeredBy: z.guid().optional(),
  })
  .refine(({ agentId, parentAgentId }) => agentId === undefined || agentId !== parentAgentId?.toLowerCase(), {
    error: "an agent cannot be its own parent",
    path: ["parentAgentId"],
  });

/** Registers an agent; see {@link Agents.register}. */
export async function registerAgent(
  on: Executor,
  input: RegisterInput,
  options?: QueryOptions,
): Promise<RegisteredAgent> {
  const [agent] = await registerAgents(on, [input], options);
  return agent as RegisteredAgent; // One for each.
}

/** Registers agents; see {@link Agents.registerMany}. */
export async function registerAgents(
  on: Executor,
  inputs: readonly RegisterInput[],
  options?: QueryOptions,
): Promise<readonly RegisteredAgent[]> {
  const parsed = parseInput(z.array(registerInput).max(10_000), inputs, "the agents to register");
  const agents = parsed.map((agent) => ({ ...agent, agentId: agent.agentId ?? randomUUID() }));
  if (agents.length === 0) return [];
  refuseTwins(agents);
  const own = new Set(agents.map(({ agentId }) => agentId));
  const parents = agents.flatMap(({ parentAgentId }) => parentAgentId?.toLowerCase() ?? []);
  const triggers = agents.flatMap(({ triggeredBy }) => triggeredBy?.toLowerCase() ?? []);
  const isOther = (id: string) => !own.has(id);
  await refuseUnknown(
    on,
    { parents: parents.filter(isOther), triggeredBy: triggers.filter(isOther) },
    options,
  );
  const mayMeet = agents.length > 1 && parsed.some(({ agentId }) => agentId !== undefined);
  // Those that are new must not stay when another one turns out to be somebody else.
  return mayMeet
    ? await on.transaction(({ write }) => registerOn(write, agents, options), options)
    : await registerOn(on.write, agents, options);
}

async function registerOn(on: Queryable, agents: readonly NewAgent[], options?: QueryOptions) {
  const parents = agents.flatMap(({ parentAgentId }) => parentAgentId ?? []);
  const triggeredBy = agents.find((agent) => agent.triggeredBy !== undefined)?.triggeredBy;
  const created = await naming({ parent: [...new Set(parents)], triggeredBy }, () =>
    on.any(insertAgents(agents), options),
  );
  const known = new Map(created.map((agent) => [agent.agentId, { ...agent, created: true }]));
  const others = agents.filter(({ agentId }) => !known.has(agentId));
  if (others.length > 0) {
    for (const { same, ...agent } of await on.any(registeredBefore(others), options)) {
      if (!same) throw somebodyElse(agent);
      known.set(agent.agentId, { ...agent, created: false });
    }
  }
  return agents.map(({ agentId }) => known.get(agentId) ?? gone(agentId));
}

function refuseTwins(agents: readonly NewAgent[]): void {
  const seen = new Set<string>();
  for (const { agentId } of agents) {
    if (seen.has(agentId))
      throw new ClientError("INVALID_INPUT", `the agents to register: ${agentId} is given twice`, {
        hint: "Give each agent an identifier of its own, or leave it out.",
        details: { agentId },
      });
    seen.add(agentId);
  }
}

function somebodyElse({ agentId, agentType, agentName }: z.output<typeof registry.row>): ClientError {
  return new ClientError(
    "ALREADY_EXISTS",
    `agent ${agentId} is registered with other facts, as ${JSON.stringify(agentName)} of type ${agentType}`,
    { hint: "Use another identifier, or `agents.update` to change the facts.", details: { agentId } },
  );
}

function gone(agentId: string): never {
  throw new ClientError("NOT_FOUND", `agent ${agentId} was removed while it was registered again`, {
    hint: "Do it again.",
    retryable: true,
    details: { agentId },
  });
}
