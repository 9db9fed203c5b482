import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { idsInput } from "../../input/id-input.ts";
import { type Outcome, outcomesResult } from "../../output/outcomes-result.ts";
import { UsageError } from "../../usage-error.ts";

export default defineCommand({
  description: `Ends agents for good: their status becomes terminated, with an event that says who did it and why. There is
no way back, so it wants --final. Nothing is deleted: the agent stays on record with its state, and its tasks go on until
their leases run out. A process that still runs as the agent learns of it at its next heartbeat.

One that is terminated already stays as it is.`,
  arguments: [{ name: "agent-id", description: "the agents", variadic: true }],
  options: [
    { flags: "--final", description: "say that it is meant: a terminated agent never comes back" },
    { flags: "--reason <text>", description: "why, for the event; default: none" },
  ],
  examples: [
    {
      run: 'smith agents terminate 0193a1f0-7c2e-7b1a-9d54-3f1f6a0c2b11 --final --reason "host is gone"',
      does: "end an agent whose process has died",
    },
  ],
  exitCodes: {
    failed: "",
    "not-found": "one of them is not registered; the others were ended",
    unreachable: "",
  },
  related: ["agents list", "agents show"],
  input: z.strictObject({
    agentId: idsInput,
    final: z.boolean().default(false),
    reason: z.string().min(1).max(1000, "at most 1000 characters").optional(),
  }),
  async run(context, { agentId: ids, final, reason }) {
    if (!final) {
      throw new UsageError("a terminated agent never comes back, and nothing was done", {
        hint: "Look at it with `smith agents show`, and add --final when it is meant.",
      });
    }
    const { withDatabase } = await import("../../database/with-database.ts");
    const change = {
      status: "terminated",
      eventType: "terminated",
      eventData: { by: "smith", ...(reason === undefined ? {} : { reason }) },
    } as const;
    const agents = await withDatabase(context, "terminate the agents", (database) =>
      database.agents.changeStatuses(ids, change, { signal: context.signal }),
    );
    const outcomes = agents.map(({ agentId, outcome, previousStatus }): Outcome => {
      if (outcome === "unknown") return { id: agentId, verdict: "missing", words: "not registered" };
      if (outcome === "changed")
        return { id: agentId, verdict: "done", words: `terminated, was ${previousStatus}` };
      return { id: agentId, verdict: "done", words: "was terminated already" };
    });
    return outcomesResult(context, { what: "agent", outcomes, data: { agents } });
  },
});
