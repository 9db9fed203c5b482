import type { z } from "zod";
import { nullable } from "./column.ts";
import { int8, jsonb, timestamptz, uuid, varchar } from "./columns.ts";
import { defineRow } from "./define-row.ts";
import { agentId } from "./domains.ts";
import { agentStatus } from "./enums.ts";

/** The table `agents.checkpoints`: snapshots of an agent's whole state, to go back to. */
export const agentsCheckpoints = defineRow({
  checkpoint_id: uuid,
  agent_id: agentId,
  checkpoint_name: nullable(varchar(255)),
  state_snapshot: jsonb,
  kv_revision: nullable(int8),
  trigger_event: nullable(varchar(100)),
  created_at: timestamptz,
});
/** Parses a row of `agents.checkpoints`. */
export const agentsCheckpointsRow = agentsCheckpoints.row;
/** A row of `agents.checkpoints`. */
export type AgentsCheckpointsRow = z.output<typeof agentsCheckpointsRow>;

/** The table `agents.lifecycle_events`: what happened to agents; one partition a day of UTC. */
export const agentsLifecycleEvents = defineRow({
  event_id: uuid,
  agent_id: agentId,
  event_type: varchar(50),
  previous_status: nullable(agentStatus),
  new_status: nullable(agentStatus),
  event_data: jsonb,
  triggered_by: nullable(agentId),
  created_at: timestamptz,
});
/** Parses a row of `agents.lifecycle_events`. */
export const agentsLifecycleEventsRow = agentsLifecycleEvents.row;
/** A row of `agents.lifecycle_events`. */
export type AgentsLifecycleEventsRow = z.output<typeof agentsLifecycleEventsRow>;

/** The table `agents.registry`: every agent that was ever registered. */
export const agentsRegistry = defineRow({
  agent_id: agentId,
  agent_type: varchar(50),
  agent_name: varchar(255),
  status: agentStatus,
  capabilities: jsonb,
  configuration: jsonb,
  metadata: jsonb,
  parent_agent_id: nullable(agentId),
  created_at: timestamptz,
  updated_at: timestamptz,
  last_heartbeat: nullable(timestamptz),
});
/** Parses a row of `agents.registry`. */
export const agentsRegistryRow = agentsRegistry.row;
/** A row of `agents.registry`. */
export type AgentsRegistryRow = z.output<typeof agentsRegistryRow>;

/** The table `agents.state`: the state of agents, one row a key. */
export const agentsState = defineRow({
  agent_id: agentId,
  state_key: varchar(255),
  state_value: jsonb,
  version: int8,
  checksum: varchar(64),
  created_at: timestamptz,
  updated_at: timestamptz,
  expires_at: nullable(timestamptz),
});
/** Parses a row of `agents.state`. */
export const agentsStateRow = agentsState.row;
/** A row of `agents.state`. */
export type AgentsStateRow = z.output<typeof agentsStateRow>;
