import type { EventOf } from "../format/run-event.ts";
import type { RowOf, RunPlanner } from "./run-planner.ts";

/** The channels that a run has without declaring them, and their types. */
const ownChannels = { environment: "queue", direct: "direct", broadcast: "broadcast" } as const;

/** Declares a channel of the run. */
export function planChannel(planner: RunPlanner, event: EventOf<"channel">, at: string): void {
  insertChannel(planner, declared(event.channel), {
    channel_type: event.channel_type,
    description: event.description,
    configuration: event.configuration ?? {},
    created_at: at,
  });
}

/** Subscribes an agent to a declared channel. */
export function planSubscription(
  planner: RunPlanner,
  event: EventOf<"subscribe">,
  at: string,
  position: number,
): void {
  planner.insert("messages.subscriptions", {
    subscription_id: planner.id("subscription", position),
    agent_id: planner.agent(event.agent).id,
    channel_id: declaredChannel(planner, event.channel),
    message_pattern: event.pattern,
    filters: event.filters ?? {},
    created_at: at,
  });
}

/** The id of a channel that a line before has declared. */
export function declaredChannel(planner: RunPlanner, name: string): string {
  const id = planner.channel(declared(name));
  if (id === undefined) throw new TypeError(`channel ${name} was planned before it was known`);
  return id;
}

/** The id of a channel that every run has; it is created when it is first needed. */
export function ownChannel(planner: RunPlanner, name: keyof typeof ownChannels, at: string): string {
  const row = { channel_type: ownChannels[name], configuration: {}, created_at: at };
  return planner.channel(name) ?? insertChannel(planner, name, row);
}

/** The name under which a run's channel stands in the database, where names are unique. */
export function channelName(planner: RunPlanner, name: string): string {
  return `replay/${planner.key}/${name}`;
}

function insertChannel(planner: RunPlanner, name: string, row: RowOf<"messages.channels">): string {
  const id = planner.id("channel", name);
  planner.insert("messages.channels", { channel_id: id, channel_name: channelName(planner, name), ...row });
  planner.addChannel(name, id);
  return id;
}

// A declared channel may have the name of one that every run has.
function declared(name: string): string {
  return `channels/${name}`;
}
