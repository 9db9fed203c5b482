import type { z } from "zod";
import { choice, nullable } from "./column.ts";
import { bool, int4, jsonb, text, timestamptz, uuid, varchar } from "./columns.ts";
import { defineRow } from "./define-row.ts";
import { agentId, messageId } from "./domains.ts";
import { messageKind } from "./enums.ts";

const channelType = choice(varchar(50), ["broadcast", "direct", "topic", "queue"]);

/** The table `messages.channels`: the channels that messages go through. */
export const messagesChannels = defineRow({
  channel_id: uuid,
  channel_name: varchar(255),
  channel_type: channelType,
  description: nullable(text),
  configuration: jsonb,
  is_active: bool,
  created_at: timestamptz,
});
/** Parses a row of `messages.channels`. */
export const messagesChannelsRow = messagesChannels.row;
/** A row of `messages.channels`. */
export type MessagesChannelsRow = z.output<typeof messagesChannelsRow>;

/** The table `messages.deliveries`: to whom each message goes, and how far that is. */
export const messagesDeliveries = defineRow({
  delivery_id: uuid,
  message_id: messageId,
  sent_at: timestamptz,
  agent_id: nullable(agentId),
  queue_id: nullable(uuid),
  priority: int4,
  expires_at: nullable(timestamptz),
  available_at: timestamptz,
  claimed_by: nullable(agentId),
  delivered_at: nullable(timestamptz),
  delivery_attempts: int4,
  settled_at: nullable(timestamptz),
  outcome: nullable(choice(varchar(50), ["processed", "dead", "expired"])),
  reason: nullable(text),
});
/** Parses a row of `messages.deliveries`. */
export const messagesDeliveriesRow = messagesDeliveries.row;
/** A row of `messages.deliveries`. */
export type MessagesDeliveriesRow = z.output<typeof messagesDeliveriesRow>;

/** The table `messages.log`: every message that was sent; one partition a day of UTC. */
export const messagesLog = defineRow({
  message_id: messageId,
  channel_id: nullable(uuid),
  channel_type: nullable(channelType),
  from_agent_id: nullable(agentId),
  to_agent_id: nullable(agentId),
  broadcast_to_type: nullable(varchar(50)),
  message_type: messageKind,
  subject: nullable(varchar(255)),
  payload: jsonb,
  headers: jsonb,
  correlation_id: nullable(uuid),
  reply_to: nullable(varchar(255)),
  sent_at: timestamptz,
  delivered_at: nullable(timestamptz),
  processed_at: nullable(timestamptz),
  delivery_attempts: int4,
  priority: int4,
  expires_at: nullable(timestamptz),
  is_persistent: bool,
});
/** Parses a row of `messages.log`. */
export const messagesLogRow = messagesLog.row;
/** A row of `messages.log`. */
export type MessagesLogRow = z.output<typeof messagesLogRow>;

/** The table `messages.subscriptions`: which agent listens to which channel. */
export const messagesSubscriptions = defineRow({
  subscription_id: uuid,
  agent_id: agentId,
  channel_id: uuid,
  message_pattern: nullable(varchar(255)),
  filters: jsonb,
  is_active: bool,
  created_at: timestamptz,
});
/** Parses a row of `messages.subscriptions`. */
export const messagesSubscriptionsRow = messagesSubscriptions.row;
/** A row of `messages.subscriptions`. */
export type MessagesSubscriptionsRow = z.output<typeof messagesSubscriptionsRow>;
