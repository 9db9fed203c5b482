import type { AgentRelative } from "@mister-smith/client";
import { describe, expect, it } from "vitest";
import { coloursFor } from "../output/colours.ts";
import { agentTree } from "./agent-tree.ts";

const colours = coloursFor({ env: {}, isTerminal: false });
const agent = (agentId: string, parentAgentId: string | null, depth: number): AgentRelative => ({
  agentId,
  parentAgentId,
  depth,
  agentType: "worker",
  agentName: `name of ${agentId}`,
  status: "active",
  capabilities: {},
  configuration: {},
  metadata: {},
  createdAt: new Date(0),
  updatedAt: new Date(0),
  lastHeartbeat: null,
});

describe("the tree of agents", () => {
  it("hangs each below its parent", () => {
    const below = [agent("a", "r", 1), agent("b", "r", 1), agent("a1", "a", 2), agent("a2", "a", 2)];
    expect(
      agentTree(agent("r", null, 0), below, colours).map((line) => line.replace(/ {2}active.*/, "")),
    ).toEqual(["r", "├─ a", "│  ├─ a1", "│  └─ a2", "└─ b"]);
  });
});
