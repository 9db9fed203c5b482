import type { Agent } from "@mister-smith/client";
import type { Colours } from "../output/colours.ts";
import { shortText } from "../output/safe-text.ts";
import { table } from "../output/table.ts";
import { utcText } from "../output/utc-text.ts";
import { statusText } from "./status-text.ts";

/** Agents below each other, within 120 columns. */
export function agentTable(agents: readonly Agent[], colours: Colours): string[] {
  const rows = agents.map((agent) => [
    agent.agentId,
    shortText(agent.agentType, 14),
    statusText(agent.status, colours),
    utcText(agent.lastHeartbeat),
    shortText(agent.agentName, 26),
  ]);
  return table(["agent", "type", "status", "last heard of", "name"], rows, colours);
}
