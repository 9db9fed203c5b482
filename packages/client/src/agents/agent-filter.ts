import { agentStatusType } from "@mister-smith/schema";
import { z } from "zod";
import type { JsonInput } from "../json/json-input.ts";
import { jsonText } from "../json/json-text.ts";
import { sql } from "../statement/sql.ts";
import type { SqlFragment } from "../statement/sql-tag.ts";
import type { Agent } from "./agent.ts";
import { agentName, agentType, json } from "./agent-fields.ts";

/** Which agents: those that meet everything given. */
export interface AgentFilter {
  readonly agentType?: string | undefined;
  /** One of these. */
  readonly statuses?: readonly Agent["status"][] | undefined;
  /** Exactly this name. */
  readonly agentName?: string | undefined;
  /** The children of this agent; null: agents without a parent. */
  readonly parentAgentId?: string | null | undefined;
  /** Capabilities that contain this, as JSONB's `@>` has it: `{"tools": ["bash"]}`, whatever else there is. */
  readonly capabilities?: JsonInput | undefined;
  /**
   * Last heard of longer ago than this, by the server's clock, in milliseconds; an agent that was never heard of
   * counts from its registration.
   */
  readonly silentForMs?: number | undefined;
}

/** The fields of {@link AgentFilter} for an input's schema. */
export const agentFilter = {
  agentType: agentType.optional(),
  statuses: z.array(agentStatusType).min(1).optional(),
  agentName: agentName.optional(),
  parentAgentId: z.guid().nullish(),
  capabilities: json.optional(),
  silentForMs: z.int().min(0).max(3_153_600_000_000).optional(),
};

/** The condition that a row `a` of `agents.registry` meets a filter. What is not asked for is not in the statement. */
export function matches(filter: AgentFilter): SqlFragment {
  const conditions = [
    filter.agentType !== undefined && sql.fragment`a.agent_type = ${filter.agentType}`,
    filter.statuses !== undefined &&
      sql.fragment`a.status = ANY(${sql.array(filter.statuses, sql.fragment`public.agent_status_type[]`)})`,
    filter.agentName !== undefined && sql.fragment`a.agent_name = ${filter.agentName}`,
    filter.parentAgentId === null && sql.fragment`a.parent_agent_id IS NULL`,
    typeof filter.parentAgentId === "string" && sql.fragment`a.parent_agent_id = ${filter.parentAgentId}`,
    filter.capabilities !== undefined &&
      sql.fragment`a.capabilities @> ${jsonText(filter.capabilities, "the capabilities to find")}::JSONB`,
    filter.silentForMs !== undefined && silent(filter.silentForMs),
  ];
  const given = conditions.filter((condition) => condition !== false);
  return given.length === 0 ? sql.fragment`TRUE` : sql.fragment`${sql.join(given, sql.fragment` AND `)}`;
}

function silent(forMs: number): SqlFragment {
  const since = sql.fragment`pg_catalog.now() - ${forMs}::BIGINT * INTERVAL '1 millisecond'`;
  return sql.fragment`(a.last_heartbeat < ${since} OR (a.last_heartbeat IS NULL AND a.created_at < ${since}))`;
}
