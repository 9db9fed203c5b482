import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type Agent, registry } from "./agent.ts";

/** An agent above or below another. */
export type AgentRelative = Agent & {
  /** How many steps away: 1 for a parent or a child. */
  readonly depth: number;
};

/** How far to go. */
export interface RelativesOptions {
  /** How many steps at most, 1 to 1,000. Who is farther away is left out. Default: 100. */
  readonly maxDepth?: number | undefined;
}

const relativesInput = z.strictObject({ maxDepth: z.int().min(1).max(1000).default(100) });
const row = registry.row.extend({ depth: z.int() });

/** The agents above an agent; see {@link Agents.ancestors}. */
export async function agentAncestors(
  on: Executor,
  agentId: string,
  input: RelativesOptions = {},
  options?: QueryOptions,
): Promise<readonly AgentRelative[]> {
  const id = parseInput(z.guid(), agentId, "the agent below");
  const { maxDepth } = parseInput(relativesInput, input, "how far to go");
  return await on.read.any(
    sql.type(row)`
      WITH RECURSIVE relative (agent_id, parent_agent_id, depth) AS (
        SELECT a.agent_id, a.parent_agent_id, 0 FROM agents.registry AS a WHERE a.agent_id = ${id}
        UNION ALL
        SELECT p.agent_id, p.parent_agent_id, r.depth + 1
        FROM relative AS r JOIN agents.registry AS p ON p.agent_id = r.parent_agent_id
        WHERE r.depth < ${maxDepth}
      ) CYCLE agent_id SET again USING path
      SELECT ${registry.columns("a")}, r.depth
      FROM relative AS r JOIN agents.registry AS a ON a.agent_id = r.agent_id
      WHERE r.depth > 0 AND NOT r.again
      ORDER BY r.depth`,
    options,
  );
}

/** The agents below an agent; see {@link Agents.subtree}. */
export async function agentSubtree(
  on: Executor,
  agentId: string,
  input: RelativesOptions = {},
  options?: QueryOptions,
): Promise<readonly AgentRelative[]> {
  const id = parseInput(z.guid(), agentId, "the agent above");
  const { maxDepth } = parseInput(relativesInput, input, "how far to go");
  return await on.read.any(
    sql.type(row)`
      WITH RECURSIVE relative (agent_id, depth) AS (
        SELECT ${id}::UUID, 0
        UNION ALL
        SELECT c.agent_id::UUID, r.depth + 1
        FROM relative AS r JOIN agents.registry AS c ON c.parent_agent_id = r.agent_id
        WHERE r.depth < ${maxDepth}
      ) CYCLE agent_id SET again USING path
      SELECT ${registry.columns("a")}, r.depth
      FROM relative AS r JOIN agents.registry AS a ON a.agent_id = r.agent_id
      WHERE r.depth > 0 AND NOT r.again
      ORDER BY r.depth, a.created_at, a.agent_id`,
    options,
  );
}
