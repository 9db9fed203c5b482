import { type Attempt, ada, bob, insert, nobody } from "./constraint-cases.ts";

const agent = (values: Readonly<Record<string, string>>) =>
  insert("agents.registry", { agent_type: "'t'", agent_name: "'n'", ...values });
const state = (values: Readonly<Record<string, string>>) =>
  insert("agents.state", { agent_id: ada, state_key: "'k'", state_value: "'{}'", ...values });
const event = (values: Readonly<Record<string, string>>) =>
  insert("agents.lifecycle_events", { agent_id: ada, event_type: "'e'", ...values });
const checkpoint = (values: Readonly<Record<string, string>>) =>
  insert("agents.checkpoints", { agent_id: ada, state_snapshot: "'{}'", ...values });

const metadata = (json: string) => agent({ metadata: `'${json}'` });

/** What must not get into schema agents. */
export const agentAttempts: readonly Attempt[] = [
  {
    title: "an agent without a name",
    sql: agent({ agent_name: "''" }),
    refusedBy: "agents.registry.valid_agent_name",
  },
  {
    title: "an agent without a type",
    sql: agent({ agent_type: "''" }),
    refusedBy: "agents.registry.valid_agent_type",
  },
  ...[
    ["an empty object", "{}"],
    ["a version alone", '{"version": 1}'],
    ["a moment alone", '{"created_at": "2026-01-01T00:00:00Z"}'],
    ["a JSON null for the moment", '{"created_at": null, "version": 1}'],
    ["a JSON null for the version", '{"created_at": "2026-01-01T00:00:00Z", "version": null}'],
    ["a number for the moment", '{"created_at": 20260101, "version": 1}'],
    ["a moment in another format", '{"created_at": "1 January 2026", "version": 1}'],
    ["an array of the two names", '["created_at", "version"]'],
    ["a text", '"created_at version"'],
    ["a JSON null", "null"],
  ].map(([what, json]) => ({
    title: `metadata that is ${what}`,
    sql: metadata(json ?? ""),
    refusedBy: "agents.registry.valid_metadata",
  })),
  {
    title: "an agent that is its own parent",
    sql: agent({ agent_id: nobody, parent_agent_id: nobody }),
    refusedBy: "agents.registry.no_self_parent",
  },
  {
    title: "an agent with a parent that is not there",
    sql: agent({ parent_agent_id: nobody }),
    refusedBy: "agents.registry.registry_parent_agent_id_fkey",
    as: "foreign-key",
  },
  {
    title: "the same agent twice",
    sql: agent({ agent_id: ada }),
    refusedBy: "agents.registry.registry_pkey",
    as: "unique",
  },
  ...["status", "capabilities", "configuration", "metadata", "created_at", "updated_at"].map((column) => ({
    title: `an agent with NULL as ${column}`,
    sql: agent({ [column]: "NULL" }),
    refusedBy: `agents.registry.${column}`,
    as: "not-null" as const,
  })),

  {
    title: "state with an empty key",
    sql: state({ state_key: "''" }),
    refusedBy: "agents.state.valid_state_key",
  },
  { title: "state with version 0", sql: state({ version: "0" }), refusedBy: "agents.state.valid_version" },
  {
    title: "state with NULL as version",
    sql: state({ version: "NULL" }),
    refusedBy: "agents.state.version",
    as: "not-null",
  },
  {
    title: "state that expires before it was written",
    sql: state({ expires_at: "now() - INTERVAL '1 second'" }),
    refusedBy: "agents.state.future_expiry",
  },
  {
    title: "state that hides its expiry behind a NULL as created_at",
    sql: state({ created_at: "NULL", expires_at: "'2000-01-01'" }),
    refusedBy: "agents.state.created_at",
    as: "not-null",
  },
  {
    title: "state of nobody",
    sql: state({ agent_id: nobody }),
    refusedBy: "agents.state.state_agent_id_fkey",
    as: "foreign-key",
  },
  {
    title: "the same key of an agent twice",
    sql: `${state({})}; ${state({})}`,
    refusedBy: "agents.state.state_pkey",
    as: "unique",
  },

  {
    title: "a checkpoint with an empty name",
    sql: checkpoint({ checkpoint_name: "''" }),
    refusedBy: "agents.checkpoints.valid_checkpoint_name",
  },
  {
    title: "a checkpoint of nobody",
    sql: checkpoint({ agent_id: nobody }),
    refusedBy: "agents.checkpoints.checkpoints_agent_id_fkey",
    as: "foreign-key",
  },
  {
    title: "the same checkpoint twice",
    sql: `${checkpoint({ checkpoint_id: bob })}; ${checkpoint({ checkpoint_id: bob })}`,
    refusedBy: "agents.checkpoints.checkpoints_pkey",
    as: "unique",
  },

  {
    title: "an event without a type",
    sql: event({ event_type: "''" }),
    refusedBy: "agents.lifecycle_events.valid_event_type",
  },
  {
    title: "a change of status to the same status",
    sql: event({ previous_status: "'idle'", new_status: "'idle'" }),
    refusedBy: "agents.lifecycle_events.status_change",
  },
  {
    title: "an event of nobody",
    sql: event({ agent_id: nobody }),
    refusedBy: "agents.lifecycle_events.lifecycle_events_agent_id_fkey",
    as: "foreign-key",
  },
  {
    title: "an event that nobody triggered",
    sql: event({ triggered_by: nobody }),
    refusedBy: "agents.lifecycle_events.lifecycle_events_triggered_by_fkey",
    as: "foreign-key",
  },
  {
    title: "the same event twice",
    sql: `${event({ event_id: bob, created_at: "'2026-01-01'" })}; ${event({ event_id: bob, created_at: "'2026-01-01'" })}`,
    refusedBy: "agents.lifecycle_events.lifecycle_events_pkey",
    as: "unique",
  },
];
