import { z } from "zod";
import { agentStatuses } from "../../agents/agent-statuses.ts";
import { agentTable } from "../../agents/agent-table.ts";
import { capabilityInput } from "../../agents/capability-input.ts";
import { defineCommand } from "../../command/define-command.ts";
import { choicesInput } from "../../input/choices-input.ts";
import { durationInput } from "../../input/duration-input.ts";
import { idInput } from "../../input/id-input.ts";
import { pageInput, pageOptions } from "../../input/page-input.ts";
import { pageResult } from "../../output/page-result.ts";

export default defineCommand({
  description: `Shows agents, the newest first: who there is, how they are, and when they were last heard of. Filters
narrow each other. It changes nothing.

With --silent-for and no --status only active agents are looked at: those that should have been heard of.`,
  options: [
    { flags: "--type <type>", description: "only agents of this type" },
    {
      flags: "--status <statuses>",
      description: `only agents of these statuses, apart by commas: ${agentStatuses.join(", ")}`,
      complete: agentStatuses,
    },
    { flags: "--name <name>", description: "only agents of exactly this name" },
    {
      flags: "--parent <id>",
      description: "only children of this agent; none: only agents without a parent",
    },
    {
      flags: "--capability <json>",
      description: "only agents whose capabilities contain this JSON, or the word in a list of theirs",
    },
    {
      flags: "--silent-for <duration>",
      description: "only agents that were not heard of for so long, such as 90s, 10m or 2h",
    },
    ...pageOptions,
  ],
  examples: [
    { run: "smith agents list --status active,error", does: "see who works and who failed" },
    { run: "smith agents list --silent-for 10m", does: "find active agents that have probably died" },
    { run: `smith agents list --capability '{"tools": ["bash"]}'`, does: "find those that can do something" },
    { run: "smith agents list --json | jq -r '.agents[].agentId'", does: "get the ids alone" },
  ],
  exitCodes: { failed: "the role may not look, or the statement took too long", unreachable: "" },
  related: ["agents show", "agents tree"],
  input: z.strictObject({
    ...pageInput,
    type: z.string().optional(),
    status: choicesInput(agentStatuses).optional(),
    name: z.string().optional(),
    parent: z.union([z.literal("none").transform(() => null), idInput]).optional(),
    capability: capabilityInput.optional(),
    silentFor: durationInput.optional(),
  }),
  async run(context, { type, status, name, parent, capability, silentFor, limit, cursor }) {
    const { withDatabase } = await import("../../database/with-database.ts");
    const filter = {
      agentType: type,
      agentName: name,
      statuses: status ?? (silentFor === undefined ? undefined : (["active"] as const)),
      parentAgentId: parent,
      capabilities: capability,
      silentForMs: silentFor,
    };
    const page = await withDatabase(context, "list the agents", ({ agents }) =>
      agents.find({ ...filter, limit, cursor }, { signal: context.signal }),
    );
    return pageResult(context, {
      ...page,
      name: "agents",
      lines: (agents) => agentTable(agents, context.colours),
      empty: "no agent is like that",
    });
  },
});
