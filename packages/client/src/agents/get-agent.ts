import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type Agent, registry } from "./agent.ts";

/** Reads an agent; see {@link Agents.get}. */
export async function getAgent(on: Executor, agentId: string, options?: QueryOptions): Promise<Agent | null> {
  const id = parseInput(z.guid(), agentId, "the agent to get");
  return await on.read.maybeOne(
    sql.type(
      registry.row,
    )`SELECT ${registry.columns("a")} FROM agents.registry AS a WHERE a.agent_id = ${id}`,
    options,
  );
}
