import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { count } from "../../output/count.ts";
import { durationText } from "../../output/duration-text.ts";
import { agentsInput } from "../../sync/agents-input.ts";
import { UsageError } from "../../usage-error.ts";

export default defineCommand({
  description: `Brings agent state from PostgreSQL into the bucket: of all agents that are at work or idle, of those that are named, or
of all. smithd does it by itself when the bucket is new; run it to warm up agents before they are needed.

It only creates what is missing. What the bucket has of a key stays, also a delete, and what has expired is left out. It
may run while both stores are written to, and again after it was interrupted.`,
  options: [
    { flags: "--agent <ids>", description: "only of these agents, apart by commas" },
    { flags: "--all", description: "of all agents, whatever their status" },
  ],
  examples: [
    { run: "smith sync hydrate", does: "bring in the state of all agents that are at work or idle" },
    {
      run: "smith sync hydrate --agent 0193a1f0-7c2e-4b1a-9d54-3f1f6a0c2b11",
      does: "warm up one agent",
    },
  ],
  exitCodes: {
    failed: "the bucket is not there, or a write took too long; what was brought in stays",
    unreachable: "PostgreSQL or NATS could not be reached; what was brought in stays",
  },
  related: ["sync status", "sync verify", "sync topology"],
  input: z.strictObject({ agent: agentsInput.optional(), all: z.boolean().default(false) }),
  async run(context, { agent, all }) {
    if (all && agent !== undefined)
      throw new UsageError("--agent and --all do not go together", { hint: "Leave one of them out." });
    const [{ withBothStores }, { hydrate }] = await Promise.all([
      import("../../sync/with-both-stores.ts"),
      import("@mister-smith/sync"),
    ]);
    using progress = context.progress("filling the bucket");
    const agents = agent ?? (all ? "all" : "active");
    const hydrated = await withBothStores(context, "fill the bucket", (stores) =>
      hydrate(stores, {
        agents,
        signal: context.signal,
        onProgress: ({ created, present, total }) =>
          progress.update(`filling the bucket: ${created + present} of ${total}`),
      }),
    );
    const { created, present, tookMs } = hydrated;
    return {
      data: { agents, ...hydrated },
      text: `${count(created, "key")} brought in, ${present} were there, in ${durationText(tookMs)}`,
    };
  },
});
