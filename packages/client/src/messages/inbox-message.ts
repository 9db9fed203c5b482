import { messagesDeliveriesRow, timestamp } from "@mister-smith/schema";
import { z } from "zod";
import { sql } from "../statement/sql.ts";
import { messageContent } from "./message.ts";

const { outcome, reason } = messagesDeliveriesRow.shape;

/** The zod schema of {@link InboxMessage}. */
export const inboxMessage = messageContent.row.extend({
  deliveryId: z.guid(),
  queueId: z.guid().nullable(),
  deliveredAt: timestamp.nullable(),
  deliveryAttempts: z.int(),
  claimedBy: z.guid().nullable(),
  availableAt: timestamp,
  expiresAt: timestamp.nullable(),
  settledAt: timestamp.nullable(),
  outcome,
  reason,
});
/** A message as one recipient has it: how far its own delivery is. */
export type InboxMessage = z.output<typeof inboxMessage>;

/** The columns of {@link inboxMessage}, of `messages.log AS l` and `messages.deliveries AS d`. */
export const inboxColumns = sql.fragment`
  ${messageContent.columns("l")}, d.delivery_id AS "deliveryId", d.queue_id AS "queueId",
  d.delivered_at AS "deliveredAt", d.delivery_attempts AS "deliveryAttempts", d.claimed_by AS "claimedBy",
  d.available_at AS "availableAt", d.expires_at AS "expiresAt", d.settled_at AS "settledAt", d.outcome, d.reason`;
