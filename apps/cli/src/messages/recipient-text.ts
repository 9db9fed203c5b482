import type { Message } from "@mister-smith/client";
import { shortText } from "../output/safe-text.ts";

/** Who a message is for: an agent, all of a type, or a channel. */
export function recipientText({
  toAgentId,
  broadcastToType,
  channelId,
}: Pick<Message, "toAgentId" | "broadcastToType" | "channelId">): string {
  if (toAgentId !== null) return `to ${toAgentId}`;
  if (broadcastToType !== null) return `to all of type ${shortText(broadcastToType, 26)}`;
  return channelId === null ? "to nobody" : `to channel ${channelId}`;
}
