import { z } from "zod";
import type { JsonInput } from "../json/json-input.ts";
import { jsonText } from "../json/json-text.ts";
import { sql } from "../statement/sql.ts";
import { type Agent, registry } from "./agent.ts";

/** An agent with all its facts. */
export interface NewAgent {
  readonly agentId: string;
  readonly agentType: string;
  readonly agentName: string;
  readonly status: Agent["status"];
  readonly capabilities: JsonInput;
  readonly configuration: JsonInput;
  readonly metadata: { readonly [key: string]: JsonInput };
  readonly parentAgentId?: string | null | undefined;
  readonly triggeredBy?: string | undefined;
}

/** Inserts agents with the event of each, and returns those that were new. */
export function insertAgents(agents: readonly NewAgent[]) {
  return sql.type(registry.row)`
    WITH input AS MATERIALIZED (${inputOf(agents)}),
    created AS (
      INSERT INTO agents.registry AS a (
        agent_id, agent_type, agent_name, status, capabilities, configuration, metadata, parent_agent_id
      )
      SELECT
        i.agent_id, i.agent_type, i.agent_name, i.status, i.capabilities, i.configuration,
        pg_catalog.jsonb_build_object(
          'created_at',
          pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
          'version', 1
        ) || i.metadata,
        i.parent_agent_id
      FROM input AS i
      -- Those who register the same agents at once wait for each other in one order.
      ORDER BY i.agent_id
      ON CONFLICT (agent_id) DO NOTHING
      RETURNING ${registry.columns("a")}
    ),
    event AS (
      INSERT INTO agents.lifecycle_events (agent_id, event_type, new_status, triggered_by, created_at)
      SELECT c."agentId", 'registered', c.status, i.triggered_by, pg_catalog.clock_timestamp()
      FROM created AS c JOIN input AS i ON i.agent_id = c."agentId"
    )
    SELECT c.* FROM created AS c`;
}

/** Reads agents, and says of each whether it has the facts that it would be registered with. */
export function registeredBefore(agents: readonly NewAgent[]) {
  return sql.type(registry.row.extend({ same: z.boolean() }))`
    SELECT
      ${registry.columns("a")},
      (a.agent_type, a.agent_name, a.capabilities, a.configuration, a.metadata @> i.metadata)
        = (i.agent_type, i.agent_name, i.capabilities, i.configuration, TRUE)
        AND a.parent_agent_id IS NOT DISTINCT FROM i.parent_agent_id AS same
    FROM (${inputOf(agents)}) AS i
    JOIN agents.registry AS a ON a.agent_id = i.agent_id`;
}

function inputOf(agents: readonly NewAgent[]) {
  return sql.fragment`
    SELECT
      i.agent_id, i.agent_type, i.agent_name, i.status, i.metadata, i.parent_agent_id, i.triggered_by,
      -- A JSON null in a record is an SQL NULL.
      COALESCE(i.capabilities, 'null') AS capabilities, COALESCE(i.configuration, 'null') AS configuration
    FROM pg_catalog.jsonb_to_recordset(${jsonText(agents.map(recordOf), "the agents to register")}::JSONB) AS i (
      agent_id UUID, agent_type TEXT, agent_name TEXT, status public.agent_status_type, capabilities JSONB,
      configuration JSONB, metadata JSONB, parent_agent_id UUID, triggered_by UUID
    )`;
}

function recordOf(agent: NewAgent) {
  return {
    agent_id: agent.agentId,
    agent_type: agent.agentType,
    agent_name: agent.agentName,
    status: agent.status,
    capabilities: agent.capabilities,
    configuration: agent.configuration,
    metadata: agent.metadata,
    parent_agent_id: agent.parentAgentId ?? null,
    triggered_by: agent.triggeredBy ?? null,
  };
}
