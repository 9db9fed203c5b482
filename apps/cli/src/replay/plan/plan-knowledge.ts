import type { EventOf } from "../format/run-event.ts";
import type { JsonValue } from "../json-value.ts";
import type { RunPlanner } from "./run-planner.ts";

/** Writes what an agent found out. */
export function planFact(planner: RunPlanner, event: EventOf<"fact">, at: string, position: number): void {
  planner.insert("knowledge.facts", {
    fact_id: planner.id("fact", position),
    entity_type: event.entity_type,
    entity_id: event.entity_id,
    predicate: event.predicate,
    object_value: event.value,
    object_type: event.object_type ?? typeOf(event.value),
    source_agent_id: planner.agent(event.agent).id,
    confidence_score: event.confidence,
    evidence: event.evidence ?? {},
    created_at: at,
    valid_from: at,
  });
}

/** Keeps all of an agent's state as it is at this moment. */
export function planCheckpoint(
  planner: RunPlanner,
  event: EventOf<"checkpoint">,
  at: string,
  position: number,
): void {
  const { id, state } = planner.agent(event.agent);
  planner.insert("agents.checkpoints", {
    checkpoint_id: planner.id("checkpoint", position),
    agent_id: id,
    checkpoint_name: event.name,
    state_snapshot: Object.fromEntries([...state].map(([key, { value }]) => [key, value])),
    trigger_event: event.trigger,
    created_at: at,
  });
}

function typeOf(value: JsonValue): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
