import type { EventOf } from "../format/run-event.ts";
import type { JsonObject } from "../json-value.ts";
import type { RunPlanner } from "./run-planner.ts";

/** What the metadata of a replayed agent says about the replay. */
export interface ReplayNote extends JsonObject {
  readonly run: string;
  readonly copy: number;
  readonly label: string;
  readonly digest: string;
  readonly starts_at: string;
  /** Missing where state was written by SQL. */
  readonly states?: "jetstream";
}

/** Registers an agent: its row, and the event that says so. */
export function planAgent(planner: RunPlanner, event: EventOf<"agent">, at: string, note: ReplayNote): void {
  const id = planner.id("agent", event.agent);
  const metadata = {
    created_at: at,
    version: 1,
    replay: { ...note, state: "running" },
    ...(event.metadata === undefined ? {} : { recorded: event.metadata }),
  };
  planner.insert("agents.registry", {
    agent_id: id,
    agent_type: event.agent_type,
    agent_name: note.copy === 1 ? event.agent : `${event.agent} #${note.copy}`,
    status: "initializing",
    capabilities: event.capabilities ?? {},
    configuration: event.configuration ?? {},
    metadata,
    parent_agent_id: event.parent === undefined ? undefined : planner.agent(event.parent).id,
    created_at: at,
  });
  planner.addAgent(event.agent, { id, metadata, status: "initializing", state: new Map() });
  planner.insert("agents.lifecycle_events", {
    event_id: planner.id("lifecycle", event.agent, "registered"),
    agent_id: id,
    event_type: "registered",
    new_status: "initializing",
    event_data: {},
    created_at: at,
  });
}

/** Moves an agent to another status, or only writes down that something happened to it. */
export function planLifecycle(
  planner: RunPlanner,
  event: EventOf<"lifecycle">,
  at: string,
  position: number,
): void {
  const agent = planner.agent(event.agent);
  planner.insert("agents.lifecycle_events", {
    event_id: planner.id("lifecycle", event.agent, position),
    agent_id: agent.id,
    event_type: event.event,
    previous_status: event.status === undefined ? undefined : agent.status,
    new_status: event.status,
    event_data: event.data ?? {},
    created_at: at,
  });
  if (event.status === undefined) return;
  agent.status = event.status;
  planner.update("agents.registry", { agent_id: agent.id }, { status: event.status, last_heartbeat: at });
}

/** Writes down how far the run has come: all but its state is committed, or it was lived to its end. */
export function planProgress(
  planner: RunPlanner,
  note: ReplayNote,
  at: string,
  state: "committed" | "complete",
): void {
  for (const { id, metadata } of planner.agents()) {
    const noted = { ...metadata, replay: { ...note, state } };
    planner.update("agents.registry", { agent_id: id }, { metadata: noted, last_heartbeat: at });
  }
}
