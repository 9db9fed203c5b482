import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { type CursorKind, pageOf, readCursor } from "../page/cursor.ts";
import { type Page, type PageOptions, pageOptions } from "../page/page.ts";
import { exactTime, olderThan, type TimePosition, timePosition } from "../page/time-position.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type Agent, registry } from "./agent.ts";
import { type AgentFilter, agentFilter, matches } from "./agent-filter.ts";

/** Which agents to find, and which part of them. */
export interface FindAgentsInput extends AgentFilter, PageOptions {}

const findInput = z.strictObject({ ...agentFilter, ...pageOptions });
const newestFirst: CursorKind<TimePosition> = { list: "agents", position: timePosition };

/** Finds agents, newest first; see {@link Agents.find}. */
export async function findAgents(
  on: Executor,
  input: FindAgentsInput = {},
  options?: QueryOptions,
): Promise<Page<Agent>> {
  const { limit, cursor, ...filter } = parseInput(findInput, input, "the agents to find");
  const rows = await on.read.any(pageOfAgents(filter, readCursor(newestFirst, cursor), limit), options);
  return pageOf(
    newestFirst,
    rows,
    limit,
    (agent) => [agent.exactTime, agent.agentId],
    ({ exactTime: _, ...agent }) => agent,
  );
}

/** The statement of one page, with a row more to show whether there is another one. */
export function pageOfAgents(filter: AgentFilter, after: TimePosition | null, limit: number) {
  return sql.type(registry.row.extend({ exactTime: z.string() }))`
    SELECT ${registry.columns("a")}, ${exactTime(sql.fragment`a.created_at`)} AS "exactTime"
    FROM agents.registry AS a
    WHERE ${matches(filter)} AND ${olderThan(after, sql.fragment`a.created_at`, sql.fragment`a.agent_id`)}
    ORDER BY a.created_at DESC, a.agent_id DESC
    LIMIT ${limit + 1}`;
}
