import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type Agent, registry } from "./agent.ts";
import { type AgentFilter, agentFilter, matches } from "./agent-filter.ts";

/** Reads agents one after the other; see {@link Agents.stream}. */
export function streamAgents(
  on: Executor,
  filter: AgentFilter = {},
  options?: QueryOptions,
): AsyncIterable<Agent> {
  const which = parseInput(z.strictObject(agentFilter), filter, "the agents to stream");
  return on.read.stream(
    sql.type(registry.row)`SELECT ${registry.columns("a")} FROM agents.registry AS a WHERE ${matches(which)}`,
    options,
  );
}
