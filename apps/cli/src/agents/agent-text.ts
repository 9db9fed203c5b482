import type { LifecycleEvent } from "@mister-smith/client";
import type { Colours } from "../output/colours.ts";
import { fields } from "../output/fields.ts";
import { jsonText, shortJson } from "../output/json-text.ts";
import { safeText, shortText } from "../output/safe-text.ts";
import { section } from "../output/section.ts";
import { table } from "../output/table.ts";
import { exactUtcText, utcText } from "../output/utc-text.ts";
import { agentTable } from "./agent-table.ts";
import type { AgentReport } from "./read-agent.ts";
import { statusText } from "./status-text.ts";

/** An agent for people. */
export function agentText(
  { agent, parent, children, events, stateKeys }: AgentReport,
  colours: Colours,
): string {
  return [
    ...fields(
      [
        ["agent", agent.agentId],
        ["name", safeText(agent.agentName)],
        ["type", safeText(agent.agentType)],
        ["status", statusText(agent.status, colours)],
        ["last heard of", exactUtcText(agent.lastHeartbeat)],
        ["registered", exactUtcText(agent.createdAt)],
        ["changed", exactUtcText(agent.updatedAt)],
        ["parent", parent === null ? null : `${parent.agentId}  ${shortText(parent.agentName, 40)}`],
        ["state keys", String(stateKeys)],
      ],
      colours,
    ),
    ...section("capabilities", jsonText(agent.capabilities).split("\n"), colours),
    ...section("configuration", jsonText(agent.configuration).split("\n"), colours),
    ...section("metadata", jsonText(agent.metadata).split("\n"), colours),
    ...section(
      children.nextCursor === null ? "children" : "newest children",
      children.items.length === 0 ? [] : agentTable(children.items, colours),
      colours,
    ),
    ...section("latest events", eventTable(events.items, colours), colours),
  ].join("\n");
}

function eventTable(events: readonly LifecycleEvent[], colours: Colours): string[] {
  if (events.length === 0) return [];
  const rows = events.map((event) => [
    utcText(event.createdAt),
    shortText(event.eventType, 20),
    event.newStatus === null ? "" : `${event.previousStatus ?? "none"} > ${event.newStatus}`,
    shortJson(event.eventData, 44),
  ]);
  return table(["time", "event", "status", "data"], rows, colours);
}
