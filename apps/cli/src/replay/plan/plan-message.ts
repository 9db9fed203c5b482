import type { EventOf } from "../format/run-event.ts";
import type { JsonObject } from "../json-value.ts";
import { channelName, declaredChannel, ownChannel } from "./plan-channel.ts";
import type { RunPlanner } from "./run-planner.ts";

/** Writes a message between agents, to a type of agent, or into a channel. */
export function planMessage(
  planner: RunPlanner,
  event: EventOf<"message">,
  at: string,
  position: number,
): void {
  const id = planner.id("message", position);
  planner.insert("messages.log", {
    message_id: id,
    channel_id: channelOfMessage(planner, event, at),
    from_agent_id: event.from === undefined ? undefined : planner.agent(event.from).id,
    to_agent_id: event.to === undefined ? undefined : planner.agent(event.to).id,
    broadcast_to_type: event.broadcast_to_type,
    message_type: event.kind,
    subject: event.subject,
    payload: event.payload,
    headers: event.headers ?? {},
    correlation_id: planner.correlate(event.message, id, event.in_reply_to),
    sent_at: at,
    priority: event.priority ?? 0,
  });
}

/** What a step sends to its environment, and what comes back: one conversation of two messages. */
export function planExchange(
  planner: RunPlanner,
  step: EventOf<"step">,
  span: { readonly start: string; readonly end: string },
): void {
  const agent = planner.agent(step.agent).id;
  const command = planner.id("step", step.step, "command");
  const environment = ownChannel(planner, "environment", span.start);
  const direct = ownChannel(planner, "direct", span.start);
  const shared = { correlation_id: command, headers: { step: step.step }, priority: 0 };
  planner.insert("messages.log", {
    ...shared,
    message_id: command,
    channel_id: environment,
    from_agent_id: agent,
    message_type: "command",
    subject: "step",
    payload: commandOf(step),
    reply_to: channelName(planner, "direct"),
    sent_at: span.start,
  });
  planner.insert("messages.log", {
    ...shared,
    message_id: planner.id("step", step.step, "response"),
    channel_id: direct,
    to_agent_id: agent,
    message_type: step.outcome === "failed" ? "error" : "response",
    subject: "step",
    payload: responseOf(step),
    sent_at: span.end,
  });
}

function commandOf(step: EventOf<"step">): JsonObject {
  return { action: step.action, ...(step.tool === undefined ? {} : { tool: toolOf(step.tool) }) };
}

/** The tool call of a step without fields that are not there. */
export function toolOf(tool: NonNullable<EventOf<"step">["tool"]>): JsonObject {
  const { name, arguments: given, call_id } = tool;
  return {
    name,
    ...(given === undefined ? {} : { arguments: given }),
    ...(call_id === undefined ? {} : { call_id }),
  };
}

function responseOf(step: EventOf<"step">): JsonObject {
  return {
    outcome: step.outcome,
    ...(step.observation === undefined ? {} : { observation: step.observation }),
    ...(step.error === undefined ? {} : { error: step.error.message }),
  };
}

function channelOfMessage(planner: RunPlanner, event: EventOf<"message">, at: string): string {
  if (event.channel !== undefined) return declaredChannel(planner, event.channel);
  return ownChannel(planner, event.to === undefined ? "broadcast" : "direct", at);
}
