import type { Message } from "@mister-smith/client";
import type { Colours } from "../output/colours.ts";
import { shortText } from "../output/safe-text.ts";
import { stackedTable } from "../output/stacked-table.ts";
import { utcText } from "../output/utc-text.ts";
import { recipientText } from "./recipient-text.ts";

/** Messages below each other, each with sender and recipient below it, within 120 columns. */
export function messageTable(messages: readonly Message[], colours: Colours): string[] {
  const rows = messages.map((message) => ({
    cells: [
      message.messageId,
      utcText(message.sentAt),
      message.messageType,
      String(message.priority),
      shortText(message.subject ?? "", 32),
    ],
    below: `from ${message.fromAgentId ?? "nobody"}  ${recipientText(message)}`,
  }));
  return stackedTable(["message", "sent", "type", "priority", "subject"], rows, colours);
}
