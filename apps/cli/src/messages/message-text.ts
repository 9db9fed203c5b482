import type { Delivery, Message, Page } from "@mister-smith/client";
import type { Colours } from "../output/colours.ts";
import { fields } from "../output/fields.ts";
import { jsonText } from "../output/json-text.ts";
import { safeText, shortText } from "../output/safe-text.ts";
import { section } from "../output/section.ts";
import { stackedTable } from "../output/stacked-table.ts";
import { exactUtcText, utcText } from "../output/utc-text.ts";
import { recipientText } from "./recipient-text.ts";

/** A message for people, with what became of it. */
export function messageText(message: Message, deliveries: Page<Delivery>, colours: Colours): string {
  return [
    ...fields(
      [
        ["message", message.messageId],
        ["sent", exactUtcText(message.sentAt)],
        ["type", message.messageType],
        ["subject", message.subject === null ? null : safeText(message.subject)],
        ["from", message.fromAgentId],
        ["for", recipientText(message).replace(/^to /, "")],
        ["channel", message.channelId],
        ["priority", String(message.priority)],
        ["correlation", message.correlationId],
        ["reply to", message.replyTo === null ? null : safeText(message.replyTo)],
        ["expires", message.expiresAt === null ? null : exactUtcText(message.expiresAt)],
      ],
      colours,
    ),
    ...section(
      deliveries.nextCursor === null ? "deliveries" : "the first deliveries",
      deliveryTable(deliveries.items, colours),
      colours,
    ),
    ...section("payload", jsonText(message.payload).split("\n"), colours),
    ...section("headers", jsonText(message.headers).split("\n"), colours),
  ].join("\n");
}

function deliveryTable(deliveries: readonly Delivery[], colours: Colours): string[] {
  if (deliveries.length === 0)
    return ["nobody gets it, or the deliveries were deleted with their day of the log"];
  const rows = deliveries.map((one) => ({
    cells: [
      one.deliveryId,
      stateOf(one, colours),
      utcText(one.settledAt ?? one.deliveredAt),
      String(one.deliveryAttempts),
    ],
    below: [
      one.agentId === null ? `in queue ${one.queueId ?? "?"}` : `to ${one.agentId}`,
      one.reason === null ? "" : shortText(one.reason, 60),
    ]
      .join("  ")
      .trimEnd(),
  }));
  return stackedTable(["delivery", "state", "since", "attempts"], rows, colours);
}

function stateOf({ outcome, claimedBy }: Delivery, colours: Colours): string {
  if (outcome === "dead") return colours.red(outcome);
  return outcome ?? (claimedBy === null ? "waiting" : "handed out");
}
