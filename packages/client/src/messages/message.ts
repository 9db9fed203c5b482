import { messagesLogRow } from "@mister-smith/schema";
import type { z } from "zod";
import { storedJson } from "../json/stored-json.ts";
import { entity } from "../statement/entity.ts";

const row = messagesLogRow.extend({ payload: storedJson, headers: storedJson });

/** A message as the log has it. */
export const message = entity(row);
/**
 * A message as it was sent.
 *
 * Of a message to several agents (a broadcast, a topic) `deliveredAt`, `processedAt` and `deliveryAttempts` stay
 * empty: each recipient has its own, see {@link InboxMessage}.
 */
export type Message = z.output<typeof message.row>;

/** A message without what the log says of its one delivery: a recipient's own delivery stands in its place. */
export const messageContent = entity(
  row.omit({ delivered_at: true, processed_at: true, delivery_attempts: true, expires_at: true }),
);
/** What one agent says to another. */
export type MessageContent = z.output<typeof messageContent.row>;
