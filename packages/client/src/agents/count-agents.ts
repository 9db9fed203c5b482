import { agentStatusType } from "@mister-smith/schema";
import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import type { Agent } from "./agent.ts";
import { type AgentFilter, agentFilter, matches } from "./agent-filter.ts";

/** How many agents have each status; 0 where there is none. */
export type AgentCounts = Readonly<Record<Agent["status"], number>>;

const row = z.object({ status: agentStatusType, count: z.coerce.number() });

/** Counts agents by status; see {@link Agents.countByStatus}. */
export async function countAgents(
  on: Executor,
  filter: AgentFilter = {},
  options?: QueryOptions,
): Promise<AgentCounts> {
  const which = parseInput(z.strictObject(agentFilter), filter, "the agents to count");
  const rows = await on.read.any(
    sql.type(row)`
      SELECT a.status, pg_catalog.count(*) AS count FROM agents.registry AS a
      WHERE ${matches(which)} GROUP BY a.status`,
    options,
  );
  const counts = { initializing: 0, active: 0, idle: 0, suspended: 0, terminated: 0, error: 0 };
  for (const { status, count } of rows) counts[status] = count;
  return counts;
}
