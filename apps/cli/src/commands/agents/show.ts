import { z } from "zod";
import { agentText } from "../../agents/agent-text.ts";
import { defineCommand } from "../../command/define-command.ts";
import { idInput } from "../../input/id-input.ts";
import { plainJson } from "../../output/plain-json.ts";

export default defineCommand({
  description: `Shows one agent with all that is stored about it: its parent and its newest children, what happened to it
last, and how many values its state has. It changes nothing.`,
  arguments: [{ name: "agent-id", description: "the agent" }],
  examples: [
    { run: "smith agents show 0193a1f0-7c2e-7b1a-9d54-3f1f6a0c2b11", does: "see how an agent is" },
    {
      run: "smith agents show 0193a1f0-7c2e-7b1a-9d54-3f1f6a0c2b11 --json | jq .events",
      does: "read what happened to it last",
    },
  ],
  exitCodes: { failed: "", "not-found": "no agent has this id", unreachable: "" },
  related: ["agents list", "agents tree"],
  input: z.strictObject({ agentId: idInput }),
  async run(context, { agentId }) {
    const [{ withDatabase }, { readAgent }] = await Promise.all([
      import("../../database/with-database.ts"),
      import("../../agents/read-agent.ts"),
    ]);
    const report = await withDatabase(context, "read the agent", (database) =>
      readAgent(database, agentId, context.signal),
    );
    const { children, events, ...rest } = report;
    const lists = { children: children.items, childrenCursor: children.nextCursor, events: events.items };
    return { data: plainJson({ ...rest, ...lists }), text: agentText(report, context.colours) };
  },
});
