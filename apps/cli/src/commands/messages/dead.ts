import type { InboxMessage } from "@mister-smith/client";
import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { idInput } from "../../input/id-input.ts";
import { pageInput, pageOptions } from "../../input/page-input.ts";
import { findChannel } from "../../messages/find-channel.ts";
import type { Colours } from "../../output/colours.ts";
import { pageResult } from "../../output/page-result.ts";
import { shortText } from "../../output/safe-text.ts";
import { stackedTable } from "../../output/stacked-table.ts";
import { utcText } from "../../output/utc-text.ts";

export default defineCommand({
  description: `Shows the deliveries that were given up, the last one first: rejected, or handed out too often without being
acknowledged. Each recipient has a delivery of its own; \`smith messages redeliver\` takes its id. It changes nothing.`,
  options: [
    { flags: "--agent <id>", description: "only deliveries to this agent" },
    { flags: "--queue <channel>", description: "only deliveries of this queue, by its name or id" },
    ...pageOptions,
  ],
  examples: [
    { run: "smith messages dead", does: "see what was given up last" },
    { run: "smith messages dead --json | jq -r '.deliveries[].deliveryId'", does: "get the ids alone" },
  ],
  exitCodes: { failed: "", "not-found": "there is no such queue", unreachable: "" },
  related: ["messages redeliver", "messages show"],
  input: z.strictObject({
    ...pageInput,
    agent: idInput.optional(),
    queue: z
      .string()
      .min(1, "expected the name or the id of a queue")
      .max(255, "at most 255 characters")
      .optional(),
  }),
  async run(context, { agent, queue, limit, cursor }) {
    const { withDatabase } = await import("../../database/with-database.ts");
    const page = await withDatabase(context, "list the dead letters", async (database) => {
      const queueId = queue && (await findChannel(database, queue, context.signal)).channelId;
      return await database.messages.deadLetters(
        { agentId: agent, queueId, limit, cursor },
        { signal: context.signal },
      );
    });
    return pageResult(context, {
      ...page,
      name: "deliveries",
      lines: (deliveries) => deadTable(deliveries, context.colours),
      empty: "no delivery is dead",
    });
  },
});

function deadTable(deliveries: readonly InboxMessage[], colours: Colours): string[] {
  const rows = deliveries.map((one) => ({
    cells: [
      one.deliveryId,
      utcText(one.settledAt),
      String(one.deliveryAttempts),
      one.messageType,
      shortText(one.reason ?? "no reason told", 34),
    ],
    below: `message ${one.messageId}  ${whose(one)}`,
  }));
  return stackedTable(["delivery", "given up", "attempts", "type", "reason"], rows, colours);
}

function whose({ queueId, toAgentId, claimedBy }: InboxMessage): string {
  if (queueId !== null) return `in queue ${queueId}`;
  const agent = toAgentId ?? claimedBy;
  return agent === null ? "" : `to ${agent}`;
}
