import { z } from "zod";
import { agentTree } from "../../agents/agent-tree.ts";
import { noAgent } from "../../agents/no-agent.ts";
import { defineCommand } from "../../command/define-command.ts";
import { idInput } from "../../input/id-input.ts";
import { wholeNumberInput } from "../../input/whole-number-input.ts";
import { plainJson } from "../../output/plain-json.ts";

export default defineCommand({
  description: `Shows an agent and all agents below it, each under the one that started it, with their statuses. It changes
nothing.`,
  arguments: [{ name: "agent-id", description: "the agent to begin with" }],
  options: [
    { flags: "--depth <n>", description: "go at most this many steps down, 1 to 1000; default: 100" },
  ],
  examples: [
    { run: "smith agents tree 0193a1f0-7c2e-7b1a-9d54-3f1f6a0c2b11", does: "see whom an agent started" },
    {
      run: "smith agents tree 0193a1f0-7c2e-7b1a-9d54-3f1f6a0c2b11 --json | jq '[.agents[] | select(.status == \"error\")]'",
      does: "find those of them that failed",
    },
  ],
  exitCodes: { failed: "", "not-found": "no agent has this id", unreachable: "" },
  related: ["agents show", "agents list"],
  input: z.strictObject({ agentId: idInput, depth: wholeNumberInput(1, 1000).optional() }),
  async run(context, { agentId, depth }) {
    const { withDatabase } = await import("../../database/with-database.ts");
    const options = { signal: context.signal };
    const { root, below } = await withDatabase(context, "read the agents", async ({ agents }) => {
      const found = await agents.get(agentId, options);
      if (found === null) throw noAgent(agentId);
      return { root: found, below: await agents.subtree(agentId, { maxDepth: depth }, options) };
    });
    return {
      data: plainJson({ agents: [{ ...root, depth: 0 }, ...below] }),
      text: agentTree(root, below, context.colours).join("\n"),
    };
  },
});
