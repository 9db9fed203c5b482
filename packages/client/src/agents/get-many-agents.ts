import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type Agent, registry } from "./agent.ts";

/** Reads several agents; see {@link Agents.getMany}. */
export async function getManyAgents(
  on: Executor,
  agentIds: readonly string[],
  options?: QueryOptions,
): Promise<readonly (Agent | null)[]> {
  const ids = parseInput(z.array(z.guid().toLowerCase()).max(10_000), agentIds, "the agents to get");
  if (ids.length === 0) return [];
  const found = await on.read.any(
    sql.type(registry.row)`
      SELECT ${registry.columns("a")} FROM agents.registry AS a WHERE a.agent_id = ANY(${sql.array(ids, "uuid")})`,
    options,
  );
  const byId = new Map(found.map((agent) => [agent.agentId, agent]));
  return ids.map((id) => byId.get(id) ?? null);
}
